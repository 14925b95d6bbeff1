import Base
package import Domain
package import Notify
package import Storage

/// What the routes of channels work with.
package struct ChannelServices: Sendable {
    package var repository: ChannelRepository
    package var catalog: ProviderCatalog
    /// Sends a message through a channel, once.
    package var deliver: @Sendable (AlertMessage, Channel) async -> DeliveryOutcome
    /// Tells the sender that a channel was made, changed or deleted.
    package var changed: @Sendable () -> Void
    /// Tells the sender that a channel works: what waits for another try need not wait longer.
    package var works: @Sendable (ChannelID) -> Void

    package init(
        repository: ChannelRepository,
        catalog: ProviderCatalog,
        deliver: @escaping @Sendable (AlertMessage, Channel) async -> DeliveryOutcome,
        changed: @escaping @Sendable () -> Void,
        works: @escaping @Sendable (ChannelID) -> Void
    ) {
        self.repository = repository
        self.catalog = catalog
        self.deliver = deliver
        self.changed = changed
        self.works = works
    }
}
