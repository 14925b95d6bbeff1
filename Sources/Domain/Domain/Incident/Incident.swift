package import Base

/// The database id of an incident, positive and never reused.
package struct IncidentID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: IncidentID, right: IncidentID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { "\(rawValue)" }
}

/// A period in which something is wrong, from the decision that it is to the decision that it is over.
package struct Incident: Sendable, Equatable {
    /// What kind of thing is wrong.
    package enum Kind: String, Sendable, CaseIterable {
        /// A monitor is down, or degraded.
        case monitor
        /// A rule's condition holds for a series.
        case rule
        /// A certificate expires soon.
        case certificate
        /// Sentinel itself cannot reach the network.
        case connectivity
    }

    package enum State: String, Sendable, CaseIterable {
        case open, acknowledged, resolved
    }

    package let id: IncidentID
    package var kind: Kind
    /// The monitor of a monitor's incident, or the one that found a certificate.
    package var monitorID: MonitorID?
    /// The rule of a rule's incident.
    package var ruleID: Int64?
    /// The part of the monitor or rule: a series, a certificate; empty for the whole.
    package var part: String
    /// The monitor's or rule's name when the incident began.
    package var subject: String
    /// The URL or query when it began.
    package var target: String
    package var severity: Severity
    package var state: State
    /// A word such as `http_status`; nil when there is none.
    package var reason: String?
    /// What is wrong, for people; updated.
    package var message: String
    package var openedAt: Timestamp
    package var acknowledgedAt: Timestamp?
    /// Who acknowledged it; nil when nobody has, or without a name.
    package var acknowledgedBy: String?
    package var resolvedAt: Timestamp?
    /// Why it is over: `recovered`, `paused`, `deleted`, or a person's comment.
    package var resolution: String?
    /// How often it was reopened within the settle time.
    package var reopenings: Int
    /// The number of failed checks in its timeline: those at its start, and later ones with another reason.
    package var failures: Int
    package var updatedAt: Timestamp
    /// Words for searching and routing: the monitor's tags.
    package var tags: [String]
    /// The incident of a dependency that explains this one.
    package var causedBy: IncidentID?

    package init(id: IncidentID, _ opening: IncidentOpening) {
        self.id = id
        (kind, monitorID, ruleID, part) = (opening.kind, opening.monitorID, opening.ruleID, opening.part)
        (subject, target, severity) = (opening.subject, opening.target, opening.severity)
        (state, reason, message) = (.open, opening.reason, opening.message)
        (openedAt, updatedAt) = (opening.at, opening.at)
        (reopenings, failures, tags, causedBy) = (0, opening.failures, opening.tags, opening.causedBy)
    }

    /// The reason of an incident of a monitor that is not down, but slow or down from some regions only.
    package static let degraded = "degraded"

    /// Whether its monitor is degraded and not down: it explains no other incident.
    package var isDegradation: Bool { kind == .monitor && reason == Self.degraded }

    /// Its duration at a time.
    package func duration(at now: Timestamp) -> Duration { (resolvedAt ?? now) - openedAt }
}

/// The initial values of an incident.
package struct IncidentOpening: Sendable, Equatable {
    package var kind: Incident.Kind
    package var monitorID: MonitorID?
    package var ruleID: Int64?
    package var part = ""
    package var subject: String
    package var target: String
    package var severity: Severity
    package var reason: String?
    package var message: String
    package var at: Timestamp
    package var failures = 1
    package var tags: [String] = []
    package var causedBy: IncidentID?

    package init(
        _ kind: Incident.Kind,
        subject: String,
        target: String,
        severity: Severity,
        message: String,
        at: Timestamp
    ) {
        (self.kind, self.subject, self.target) = (kind, subject, target)
        (self.severity, self.message, self.at) = (severity, message, at)
    }
}
