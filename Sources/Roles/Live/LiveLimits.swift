/// The bounds of the hub.
package struct LiveLimits: Sendable {
    /// Kept events, and their bytes, for readers that come back.
    package var keptEvents = 10_000
    package var keptBytes = 16 << 20
    /// Events, and their bytes, that may wait for a reader when the next batch comes; with more it is dropped.
    package var waitingEvents = 256
    package var waitingBytes = 1 << 20
    package var readers = 10_000
    /// Monitors in the filters of all readers together.
    package var filteredMonitors = 200_000
    /// How many events a reader that comes back gets at once, and how many are looked at for that.
    package var replayedEvents = 256
    package var scannedEvents = 2048
    /// How long a topic is still kept when its last reader has left, so that this one can come back.
    package var linger = Duration.seconds(60)

    package init() {}
}
