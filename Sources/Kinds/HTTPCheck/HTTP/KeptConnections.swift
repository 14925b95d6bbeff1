import Base
import CCurl
import Checks
import HTTPClient
import Sockets

/// The connections kept between the checks of one monitor each; no two monitors share one.
final class KeptConnections {
    /// One monitor's connection cache and what is known about its connection.
    final class Entry {
        let spec: HTTPSettings
        let share: UnsafeMutableRawPointer
        /// What TLS told when the kept connection was made; libcurl's connection points at it.
        let tls: TLSRecord
        /// Where the kept connection leads; nil when there is none.
        var address: IPAddress?
        var isBusy = false

        init?(_ spec: HTTPSettings) {
            guard let share = curl_share_init() else { return nil }
            (self.spec, self.share, tls) = (spec, share, TLSRecord())
            sentinel_share_data(share, CURL_LOCK_DATA_CONNECT)
        }

        deinit { curl_share_cleanup(share) }
    }

    private var entries: [Int64: Entry] = [:]
    private static let limit = 1024

    /// The monitor's entry, made for the spec as it is now; nil when another check is using it or there is no room.
    func acquire(_ spec: HTTPSettings, monitor: MonitorID) -> Entry? {
        if let entry = entries[monitor.rawValue] {
            if entry.isBusy { return nil }
            if entry.spec == spec {
                entry.isBusy = true
                return entry
            }
            entries[monitor.rawValue] = nil
        }
        if entries.count >= Self.limit {
            guard let idle = entries.first(where: { !$0.value.isBusy }) else { return nil }
            entries[idle.key] = nil
        }
        guard let entry = Entry(spec) else { return nil }
        entry.isBusy = true
        entries[monitor.rawValue] = entry
        return entry
    }

    func removeAll() { entries = [:] }
}
