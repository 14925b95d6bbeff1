package import Base

/// The database's number of a channel, positive and never used twice.
package struct ChannelID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: ChannelID, right: ChannelID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { "\(rawValue)" }
}

/// A way to reach people: a provider with the settings that it needs.
package struct Channel: Sendable, Equatable {
    /// Who set it up.
    package enum Origin: String, Sendable {
        case api
        /// The variables of the environment; it is made anew from them at each start.
        case environment
    }

    package let id: ChannelID
    package var name: String
    /// The provider's word: `slack`.
    package var kind: String
    /// By the provider's names; secrets in the clear.
    package var settings: [String: String]
    package var isEnabled: Bool
    /// Whether it gets what no policy routes.
    package var isDefault: Bool
    /// Whether ends of incidents are told.
    package var sendsResolved: Bool
    /// Notifications a minute; more are put together.
    package var ratePerMinute: Int
    package var origin: Origin
    /// Why the stored settings cannot be used; nil when they can.
    package var fault: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(id: ChannelID, name: String, kind: String, settings: [String: String], createdAt: Timestamp) {
        (self.id, self.name, self.kind, self.settings) = (id, name, kind, settings)
        (isEnabled, isDefault, sendsResolved, ratePerMinute, origin) = (true, true, true, 30, .api)
        (self.createdAt, updatedAt) = (createdAt, createdAt)
    }

    package static let rates = 1...600
    package static let nameLength = 100
}
