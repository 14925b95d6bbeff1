package import Base
import CCares

extension IPAddress {
    /// The address and port of a `sockaddr`; nil for other families.
    package static func socketAddress(_ raw: UnsafeRawPointer) -> (address: IPAddress, port: UInt16)? {
        var bytes: (UInt64, UInt64) = (0, 0)
        var port: UInt16 = 0
        let kind = withUnsafeMutablePointer(to: &bytes) { space in
            space.withMemoryRebound(to: UInt8.self, capacity: 16) { sentinel_address_bytes(raw, $0, &port) }
        }
        switch kind {
        case 4: return (IPAddress(v4: UInt32(truncatingIfNeeded: UInt64(bigEndian: bytes.0) >> 32)), port)
        case 6: return (IPAddress(v6: UInt64(bigEndian: bytes.0), UInt64(bigEndian: bytes.1)), port)
        default: return nil
        }
    }
}
