/// The database id of a monitor, positive and never reused.
package struct MonitorID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: MonitorID, right: MonitorID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { "\(rawValue)" }
}
