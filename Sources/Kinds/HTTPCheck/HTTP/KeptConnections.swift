import Base
import CCurl
import Checks
import HTTPClient
import Sockets

/// The connections kept between checks, one for each monitor; no two monitors share one.
final class KeptConnections {
    /// One monitor's connection cache and the facts of its connection.
    final class Entry {
        let spec: HTTPSettings
        let share: UnsafeMutableRawPointer
        /// The TLS facts of the kept connection; libcurl's connection points to them.
        let tls: TLSRecord
        /// The address of the kept connection; nil when there is none.
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

    /// The monitor's entry for exactly these settings; nil when another check uses it or there is no room.
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
