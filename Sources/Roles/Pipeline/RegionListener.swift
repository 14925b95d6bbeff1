package import Base
package import Broker
package import Domain
import Messages

/// Hears which regions are served.
package final class RegionListener: Sendable {
    private let presence: Locked<RegionPresence>

    /// Knows of no worker until it listens.
    package init(since time: Timestamp = .now) { presence = Locked(RegionPresence(since: time)) }

    /// How many processes serve a region; nil while too little time has passed to know of none.
    package func workers(in region: RegionName, at time: Timestamp) -> Int? {
        presence.withLock { $0.workers(in: region, at: time) }
    }

    /// Whether a region reaches the network, by the canaries of its processes; nil when that is not known.
    package func isOnline(_ region: RegionName, at time: Timestamp) -> Bool? {
        presence.withLock { $0.isOnline(region, at: time) }
    }

    /// Listens until the broker is closed or the task is cancelled.
    package func listen(to broker: any Broker) async {
        for await case .message(let beat) in await broker.listen(Topics.regionBeats) {
            presence.withLock { $0.hear(beat, at: .now) }
        }
    }
}
