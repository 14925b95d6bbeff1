/// The limits of the hub.
package struct LiveLimits: Sendable {
    /// How many events, and bytes of them, are kept for readers that reconnect.
    package var keptEvents = 10_000
    package var keptBytes = 16 << 20
    /// How many events, and bytes of them, may wait for a reader when the next batch comes; with more it is dropped.
    package var waitingEvents = 256
    package var waitingBytes = 1 << 20
    package var readers = 10_000
    /// How many monitors the filters of all readers may name together.
    package var filteredMonitors = 200_000
    /// How many events a reader that reconnects gets at once, and how many are searched for that.
    package var replayedEvents = 256
    package var scannedEvents = 2048
    /// How long a topic's events are kept after its last reader has left, so that it can reconnect.
    package var linger = Duration.seconds(60)

    package init() {}
}
