import Base
import CCurl
import Checks
import Glibc
import HTTPClient
import Sockets

/// The connections kept between checks, one for each monitor; no two monitors share one.
final class KeptConnections {
    /// One monitor's connection cache and the facts of its connection.
    final class Entry {
        let spec: HTTPSettings
        let monitor: MonitorID
        let share: UnsafeMutableRawPointer
        /// The TLS facts of the kept connection; libcurl's connection points to them.
        let tls: TLSRecord
        /// The address of the kept connection; nil when there is none.
        var address: IPAddress?
        var isBusy = false
        /// The connection's socket; -1 before there is one.
        var socket: Int32 = -1

        /// Whether something came while no request was under way: an answer to nothing, or the end of the connection.
        ///
        /// libcurl would read it as the answer to the next request, or fail at a frame of HTTP/2. The number may already
        /// belong to another socket: that costs at most a new connection.
        var isSpoilt: Bool {
            guard socket >= 0 else { return false }
            var state = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            return poll(&state, 1, 0) != 0
        }

        init?(_ spec: HTTPSettings, monitor: MonitorID) {
            guard let share = curl_share_init() else { return nil }
            (self.spec, self.monitor, self.share, tls) = (spec, monitor, share, TLSRecord())
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
        guard let entry = Entry(spec, monitor: monitor) else { return nil }
        entry.isBusy = true
        entries[monitor.rawValue] = entry
        return entry
    }

    /// Replaces a busy entry by one without a connection; the handle must have left the shared connections.
    ///
    /// The old connection is closed when its last user releases the entry.
    func renew(_ entry: Entry) -> Entry? {
        guard let fresh = Entry(entry.spec, monitor: entry.monitor) else { return nil }
        fresh.isBusy = true
        entries[entry.monitor.rawValue] = fresh
        return fresh
    }

    func removeAll() { entries = [:] }
}
