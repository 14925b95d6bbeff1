package import Fleet

/// What the routes of the fleet use.
package struct FleetServices: Sendable {
    package var store: any FleetStore
    /// What waits in each topic.
    package var queues: @Sendable () async throws(FleetError) -> [QueueState]

    package init(
        store: any FleetStore = MemoryFleetStore(),
        queues: @escaping @Sendable () async throws(FleetError) -> [QueueState] = { () throws(FleetError) in [] }
    ) {
        (self.store, self.queues) = (store, queues)
    }
}
