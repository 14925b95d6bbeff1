import Base
import CCares

/// The name servers of a c-ares channel.
enum ServerList {
    /// `ADDRESS:PORT` of each, in the order in which they are queried.
    static func servers(of channel: ares_channel) -> [String] {
        guard let list = copy(of: channel) else { return [] }
        defer { ares_free_data(list) }
        var found: [String] = []
        var node: UnsafeMutablePointer<ares_addr_port_node>? = list
        while let current = node {
            let server = current.pointee
            // Invariant: the union is read as what `family` says, within its 16 bytes.
            let address = withUnsafeBytes(of: server.addr) { bytes in
                server.family == AF_INET
                    ? IPAddress(v4: UInt32(bigEndian: bytes.load(as: UInt32.self)))
                    : IPAddress(
                        v6: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                    )
            }
            found.append("\(address.urlText):\(server.udp_port)")
            node = server.next
        }
        return found
    }

    /// Moves servers from the front of the list to its end; false when c-ares rejects the new list.
    ///
    /// Only for a channel that has had no query yet.
    static func rotate(_ channel: ares_channel, by count: Int) -> Bool {
        guard var head = copy(of: channel) else { return false }
        for _ in 0..<count {
            guard let next = head.pointee.next else { break }
            var tail = next
            while let following = tail.pointee.next { tail = following }
            tail.pointee.next = head
            head.pointee.next = nil
            head = next
        }
        defer { ares_free_data(head) }
        return ares_set_servers_ports(channel, head) == ARES_SUCCESS
    }

    /// The caller frees it with `ares_free_data`.
    private static func copy(of channel: ares_channel) -> UnsafeMutablePointer<ares_addr_port_node>? {
        var list: UnsafeMutablePointer<ares_addr_port_node>?
        return ares_get_servers_ports(channel, &list) == ARES_SUCCESS ? list : nil
    }
}
