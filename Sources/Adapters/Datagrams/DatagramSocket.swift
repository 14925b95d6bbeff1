package import Base
import CLinux
import Glibc
package import Runtime

/// A non-blocking socket for datagrams, not connected: many checks share it.
///
/// What a network says of a packet that it could not deliver is queued with that packet, so that it can be told to the
/// one who sent it. Not Sendable: its owner watches the descriptor and closes it by letting go of the object.
package final class DatagramSocket {
    /// What travels in the datagrams.
    package enum Kind: Sendable {
        case udp
        /// Echo requests and replies of an unprivileged socket: `net.ipv4.ping_group_range` must hold the group.
        case echo
        /// Whole ICMP messages: needs CAP_NET_RAW. Only echo replies are handed out.
        case rawICMP
    }

    package let descriptor: Int32
    package let kind: Kind
    package let family: IPAddress.Family

    /// Opens a socket.
    ///
    /// Throws `Errno` with what the kernel said when there is no descriptor or no permission.
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

    /// Asks for room for a burst of datagrams; the kernel gives what it may.
    package func reserveReceiveBuffer(_ bytes: Int32) {
        var bytes = bytes
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends one datagram; `hopLimit` nil means the system's.
    ///
    /// Throws what the kernel said. An error that an earlier datagram met is not thrown here: it is in the queue.
    package func send(_ bytes: UnsafeRawBufferPointer, to peer: Endpoint, hopLimit: Int? = nil) throws(Errno) {
        var target = CLinux_datagram()
        peer.write(to: &target)
        target.hop_limit = hopLimit.map(Int32.init) ?? -1
        var attempt = 0
        while CLinux_send_datagram(descriptor, bytes.baseAddress, bytes.count, &target) < 0 {
            let error = Errno("sendto")
            attempt += 1
            // The kernel tells a queued error once more by failing the next call, whomever that is for.
            guard attempt < 3, Self.mayBeOfAnother(error.code) else { throw error }
        }
    }

    private static func mayBeOfAnother(_ code: Int32) -> Bool {
        [EINTR, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EPROTO, ENOPROTOOPT, EMSGSIZE, EACCES].contains(code)
    }

    /// Takes the next datagram; nil when none is there.
    package func receive(into buffer: UnsafeMutableRawBufferPointer) -> Datagram? { take(buffer, 0) }

    /// Takes the next packet that the network gave back; nil when none is there.
    ///
    /// The bytes are those that were sent, as far as they were given back; the peer is whom they were for.
    package func receiveError(into buffer: UnsafeMutableRawBufferPointer) -> Datagram? {
        take(buffer, Int32(truncatingIfNeeded: MSG_ERRQUEUE))
    }

    private func take(_ buffer: UnsafeMutableRawBufferPointer, _ flags: Int32) -> Datagram? {
        var details = CLinux_datagram()
        // An error that is told in passing costs one call each; what is left comes with the next readiness.
        for _ in 0..<8 {
            let count = CLinux_receive_datagram(descriptor, buffer.baseAddress, buffer.count, flags, &details)
            if count >= 0 { return Datagram(count: Int(count), details) }
            if errno == EAGAIN { return nil }
        }
        return nil
    }
}
