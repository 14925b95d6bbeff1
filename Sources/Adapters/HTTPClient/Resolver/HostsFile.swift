import Base
import CCares
import Glibc

/// Looks names up in the system's hosts file.
enum HostsFile {
    /// The addresses of a name, which must have no final dot; empty when the file does not name it.
    static func addresses(of name: String, family: Resolver.Family, channel: ares_channel) -> [IPAddress] {
        let families: [Int32] =
            switch family {
            case .any: [AF_INET, AF_INET6]
            case .v4: [AF_INET]
            case .v6: [AF_INET6]
            }
        return families.flatMap { addresses(of: name, $0, channel) }
    }

    private static func addresses(of name: String, _ family: Int32, _ channel: ares_channel) -> [IPAddress] {
        var entry: UnsafeMutablePointer<hostent>?
        guard ares_gethostbyname_file(channel, name, family, &entry) == ARES_SUCCESS, let entry else { return [] }
        defer { ares_free_hostent(entry) }
        guard entry.pointee.h_addrtype == family, var next = entry.pointee.h_addr_list else { return [] }
        var found: [IPAddress] = []
        while let bytes = next.pointee, found.count < 16 {
            found.append(address(UnsafeRawPointer(bytes), family))
            next += 1
        }
        return found
    }

    /// Invariant: c-ares allocates 4 bytes for an address of the family AF_INET and 16 for one of AF_INET6.
    private static func address(_ bytes: UnsafeRawPointer, _ family: Int32) -> IPAddress {
        if family == AF_INET { return IPAddress(v4: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))) }
        let high = bytes.loadUnaligned(as: UInt64.self)
        let low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        return IPAddress(v6: UInt64(bigEndian: high), UInt64(bigEndian: low))
    }
}
