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

    package init(
        repository: ChannelRepository,
        catalog: ProviderCatalog,
        deliver: @escaping @Sendable (AlertMessage, Channel) async -> DeliveryOutcome,
        changed: @escaping @Sendable () -> Void
    ) {
        (self.repository, self.catalog, self.deliver, self.changed) = (repository, catalog, deliver, changed)
    }
}
