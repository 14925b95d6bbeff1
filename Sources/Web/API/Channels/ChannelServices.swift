import Base
package import Domain
package import Notify
package import Storage

/// The services that the routes of channels use.
package struct ChannelServices: Sendable {
    package var repository: ChannelRepository
    package var catalog: ProviderCatalog
    /// Sends a message through a channel, once.
    package var deliver: @Sendable (AlertMessage, Channel) async -> DeliveryOutcome
    /// Called when a channel was created, changed or deleted.
    package var changed: @Sendable () -> Void
    /// Called when a channel was found to work, so that its waiting messages are retried now.
    package var works: @Sendable (ChannelID) -> Void
    /// Says that a channel was deleted while messages about so many incidents waited for it.
    package var abandoned: @Sendable (Channel, Int) -> Void

    package init(
        repository: ChannelRepository,
        catalog: ProviderCatalog,
        deliver: @escaping @Sendable (AlertMessage, Channel) async -> DeliveryOutcome,
        changed: @escaping @Sendable () -> Void,
        works: @escaping @Sendable (ChannelID) -> Void,
        abandoned: @escaping @Sendable (Channel, Int) -> Void = { _, _ in }
    ) {
        self.repository = repository
        self.catalog = catalog
        self.deliver = deliver
        self.changed = changed
        self.works = works
        self.abandoned = abandoned
    }
}
