package import Base

/// An event of a rule: an alert began, continues or is over.
package struct AlertEvent: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        /// It began, or a reminder was sent.
        case triggered
        case resolved
    }

    /// Ascending; 0 before it is stored.
    package var id: Int64 = 0
    package var ruleID: AlertRuleID
    package var serverID: ServerID?
    package var metricName: String
    /// A finite value; nil when there is none.
    package var value: Double?
    package var status: Status
    /// The series' canonical text; empty for the alert about missing data.
    package var series: String
    package var incidentID: IncidentID?
    package var createdAt: Timestamp

    package init(_ rule: AlertRule, _ status: Status, series: String, value: Double?, at now: Timestamp) {
        (ruleID, serverID, metricName) = (rule.id, rule.serverID, rule.metricName)
        (self.status, self.series, createdAt) = (status, series, now)
        self.value = value.flatMap { $0.isFinite ? $0 : nil }
    }

    package init(
        id: Int64,
        ruleID: AlertRuleID,
        serverID: ServerID?,
        metricName: String,
        value: Double?,
        status: Status,
        series: String,
        createdAt: Timestamp
    ) {
        (self.id, self.ruleID, self.serverID, self.metricName) = (id, ruleID, serverID, metricName)
        (self.value, self.status, self.series, self.createdAt) = (value, status, series, createdAt)
    }
}
