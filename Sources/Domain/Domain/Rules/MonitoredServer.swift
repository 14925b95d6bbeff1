package import Base

/// The database id of a server, positive and never reused.
package struct ServerID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: ServerID, right: ServerID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { "\(rawValue)" }
}

/// A machine that Prometheus scrapes, identified by its labels.
package struct MonitoredServer: Sendable, Equatable {
    package let id: ServerID
    package var name: String
    /// The `job` label.
    package var jobName: String
    /// The `instance` label: `web-1:9100`.
    package var instance: String
    /// Whether its rules are evaluated.
    package var isActive: Bool
    package var createdAt: Timestamp

    package init(
        id: ServerID,
        name: String,
        jobName: String,
        instance: String,
        isActive: Bool = true,
        createdAt: Timestamp
    ) {
        (self.id, self.name, self.jobName, self.instance) = (id, name, jobName, instance)
        (self.isActive, self.createdAt) = (isActive, createdAt)
    }

    /// The most characters of each of its texts.
    package static let textLength = 255
}
