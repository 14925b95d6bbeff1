package import Base
import CLinux
import Glibc
package import Runtime

/// A non-blocking, unconnected socket for datagrams; many checks share it.
///
/// ICMP errors about undeliverable packets are queued with those packets, so that each error reaches the check that
/// sent the packet. Not Sendable: its owner watches the descriptor and closes it by releasing the object.
package final class DatagramSocket {
    /// The kind of datagrams.
    package enum Kind: Sendable {
        case udp
        /// Echo requests and replies of an unprivileged socket: `net.ipv4.ping_group_range` must include the group.
        case echo
        /// Whole ICMP messages: needs CAP_NET_RAW. Only echo replies are returned.
        case rawICMP
    }

    package let descriptor: Int32
    package let kind: Kind
    package let family: IPAddress.Family

    /// Opens a socket.
    ///
    /// Throws the kernel's `Errno` when there is no descriptor or no permission.
    package init(_ kind: Kind, _ family: IPAddress.Family) throws(Errno) {
        let domain = family == .v4 ? AF_INET : AF_INET6
        let type = kind == .rawICMP ? SOCK_RAW : SOCK_DGRAM
        let icmp = family == .v4 ? Int32(IPPROTO_ICMP) : Int32(IPPROTO_ICMPV6)
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(domain, Int32(type.rawValue) | flags, kind == .udp ? 0 : icmp)
        guard descriptor >= 0 else { throw Errno("socket") }
        guard CLinux_tell_details(descriptor, domain) == 0,
            kind != .rawICMP || CLinux_only_echo_replies(descriptor, domain) == 0
        else {
            let error = Errno("setsockopt")
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.kind = kind
        self.family = family
    }

    deinit { close(descriptor) }

    /// Requests a receive buffer for bursts of datagrams; the kernel may grant less.
    package func reserveReceiveBuffer(_ bytes: Int32) {
        var bytes = bytes
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends one datagram; without `hopLimit` the system's value applies.
    ///
    /// Throws the kernel's error. Errors about earlier datagrams are not thrown here: they are in the queue.
    package func send(_ bytes: UnsafeRawBufferPointer, to peer: Endpoint, hopLimit: Int? = nil) throws(Errno) {
        var target = CLinux_datagram()
        peer.write(to: &target)
        target.hop_limit = hopLimit.map(Int32.init) ?? -1
        var attempt = 0
        while CLinux_send_datagram(descriptor, bytes.baseAddress, bytes.count, &target) < 0 {
            let error = Errno("sendto")
            attempt += 1
            // The kernel also reports a queued error by failing the next call, whatever datagram that call is for.
            guard attempt < 3, Self.mayBeOfAnother(error.code) else { throw error }
        }
    }

    private static func mayBeOfAnother(_ code: Int32) -> Bool {
        [EINTR, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EPROTO, ENOPROTOOPT, EMSGSIZE, EACCES].contains(code)
    }

    /// Receives the next datagram; nil when none is waiting.
    package func receive(into buffer: UnsafeMutableRawBufferPointer) -> Datagram? { take(buffer, 0) }

    /// Receives the next returned packet; nil when none is waiting.
    ///
    /// The bytes are the returned part of what was sent; the peer is the packet's destination.
    package func receiveError(into buffer: UnsafeMutableRawBufferPointer) -> Datagram? {
        take(buffer, Int32(truncatingIfNeeded: MSG_ERRQUEUE))
    }

    private func take(_ buffer: UnsafeMutableRawBufferPointer, _ flags: Int32) -> Datagram? {
        var details = CLinux_datagram()
        // Each call may also fail with such an error; the rest is read at the next readiness event.
        for _ in 0..<8 {
            let count = CLinux_receive_datagram(descriptor, buffer.baseAddress, buffer.count, flags, &details)
            if count >= 0 { return Datagram(count: Int(count), details) }
            if errno == EAGAIN { return nil }
        }
        return nil
    }
}
