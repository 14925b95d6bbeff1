package import Base
import CLinux

/// An address with a port.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    package var address: IPAddress
    package var port: UInt16

    package init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `192.0.2.1:53` or `[2001:db8::1]:53`.
    package var description: String { "\(address.urlText):\(port)" }

    /// nil when the kernel reported no peer.
    init?(_ datagram: CLinux_datagram) {
        switch datagram.family {
        case 4: address = IPAddress(v4: UInt32(truncatingIfNeeded: UInt64(bigEndian: datagram.high) >> 32))
        case 6: address = IPAddress(v6: UInt64(bigEndian: datagram.high), UInt64(bigEndian: datagram.low))
        default: return nil
        }
        port = datagram.port
    }

    func write(to datagram: inout CLinux_datagram) {
        datagram.port = port
        switch address.family {
        case .v4:
            datagram.family = 4
            datagram.high = (address.low << 32).bigEndian
        case .v6:
            datagram.family = 6
            datagram.high = address.high.bigEndian
            datagram.low = address.low.bigEndian
        }
    }
}
