package import Base

/// The database id of a channel, positive and never reused.
package struct ChannelID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package static func < (left: ChannelID, right: ChannelID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { "\(rawValue)" }
}

/// A way to notify people: a provider with its settings.
package struct Channel: Sendable, Equatable {
    /// Where the channel was defined.
    package enum Origin: String, Sendable {
        case api
        /// In environment variables; it is updated from them at each start.
        case environment
    }

    package private(set) var id: ChannelID
    package var name: String
    /// The provider's kind: `slack`.
    package var kind: String
    /// By the provider's names, with secrets in clear text.
    package var settings: [String: String]
    package var isEnabled: Bool
    /// Whether it gets incidents that no policy matches.
    package var isDefault: Bool
    /// Whether ends of incidents are sent.
    package var sendsResolved: Bool
    /// The limit of notifications a minute; more are combined.
    package var ratePerMinute: Int
    package var origin: Origin
    /// The channel that takes over what this one cannot deliver.
    package var fallback: ChannelID?
    /// Why the stored settings cannot be used; nil when they can.
    package var fault: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(id: ChannelID, name: String, kind: String, settings: [String: String], createdAt: Timestamp) {
        (self.id, self.name, self.kind, self.settings) = (id, name, kind, settings)
        (isEnabled, isDefault, sendsResolved, ratePerMinute, origin) = (true, true, true, 30, .api)
        (self.createdAt, updatedAt) = (createdAt, createdAt)
    }

    /// For people: `ops (slack)`.
    package var title: String { "\(name) (\(kind))" }

    /// The same channel with the number that it got.
    package func numbered(_ id: ChannelID) -> Channel {
        var channel = self
        channel.id = id
        return channel
    }

    package static let rates = 1...600
    package static let nameLength = 100
}
