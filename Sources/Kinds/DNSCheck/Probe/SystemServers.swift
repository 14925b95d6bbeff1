import Base
package import Datagrams
import Runtime

/// The name servers of this host in `/etc/resolv.conf`, read again regularly.
package struct SystemServers {
    private var servers: [Endpoint] = []
    private var readAt: MonotonicTime?
    private static let lifetime: Duration = .seconds(30)
    private static let path = "/etc/resolv.conf"

    /// At least one server; the file is small and local, so the loop reads it itself.
    mutating func current(at now: MonotonicTime) -> [Endpoint] {
        if let readAt, now - readAt < Self.lifetime { return servers }
        var bytes: [UInt8]?
        do throws(ConfigurationError) { bytes = try SmallFile.read(Self.path, limit: 65_536) } catch { bytes = nil }
        servers = Self.servers(in: String(decoding: bytes ?? [], as: UTF8.self))
        readAt = now
        return servers
    }

    /// The addresses of the first three `nameserver` lines; without any, this host's own (resolv.conf(5)).
    package static func servers(in text: String) -> [Endpoint] {
        let found = text.split(separator: "\n").compactMap { line -> Endpoint? in
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return IPAddress(String(words[1])).map { Endpoint($0, port: 53) }
        }
        return found.isEmpty ? [Endpoint(IPAddress(v4: 0x7F00_0001), port: 53)] : Array(found.prefix(3))
    }
}
