import Base
import CLinux
import Glibc
import Runtime
import TestSupport

/// A separate network for one test: the bench's loop runs in a new namespace.
///
/// Behind its only interface a thread plays hosts that answer well or badly, by the last part of their address.
/// IPv4 hosts are 10.99.0.x, IPv6 hosts fd99::x.
final class TunNetwork: Sendable {
    private let descriptor: Int32
    private let taken = Locked(0)

    /// The number of received echo requests.
    var requestCount: Int { taken.withLock { $0 } }

    /// Whether this process may create such networks: it needs root, `ip` and /dev/net/tun.
    static let isPossible =
        geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0
        && system("unshare --net ip link set lo up >/dev/null 2>&1") == 0

    /// Moves the calling thread, the bench's loop, into a new network; `opensPing` allows everybody to ping there.
    static func enter(opensPing: Bool) throws -> TunNetwork {
        guard leaveNetwork() == 0 else { throw Errno("unshare") }
        let network = try TunNetwork()
        let group = opensPing ? "0 2147483647" : "1 0"
        let commands = [
            "ip link set lo up", "ip addr add 10.99.0.1/24 dev t0", "ip link set t0 up",
            "ip -6 addr add fd99::1/64 dev t0 nodad", "ip route add unreachable 10.98.0.0/24",
            "echo '\(group)' > /proc/sys/net/ipv4/ping_group_range",
        ]
        for command in commands where system("(\(command)) >/dev/null 2>&1") != 0 { throw Errno("ip", code: EINVAL) }
        network.start()
        return network
    }

    /// `unshare(CLONE_NEWNET)`, which Swift's Glibc does not declare.
    private static func leaveNetwork() -> Int32 {
        guard let symbol = dlsym(nil, "unshare") else { return -1 }
        return unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)(0x4000_0000)
    }

    private init() throws {
        descriptor = CLinux_open("/dev/net/tun", O_RDWR, 0)
        guard descriptor >= 0 else { throw Errno("open") }
        var request = [UInt8](repeating: 0, count: 40)
        request[0] = UInt8(ascii: "t")
        request[1] = UInt8(ascii: "0")
        // IFF_TUN and IFF_NO_PI; TUNSETIFF.
        request[16] = 0x01
        request[17] = 0x10
        guard ioctl(descriptor, 0x4004_54CA, &request) == 0 else { throw Errno("ioctl") }
    }

    private func start() {
        let descriptor = descriptor
        runInThread { [weak self] in
            var packet = [UInt8](repeating: 0, count: 65_536)
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while let network = self {
                guard poll(&wait, 1, 100) > 0 else { continue }
                let count = read(descriptor, &packet, packet.count)
                guard count > 0 else { break }
                guard let request = EchoRequest(Array(packet[..<count])) else { continue }
                network.taken.withLock { $0 += 1 }
                for answer in request.answers { _ = write(descriptor, answer, answer.count) }
            }
            close(descriptor)
        }
    }
}

/// Runs a closure on its own detached thread.
private func runInThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    // Invariant: the new thread takes the retain over; without a thread it leaks, in a failing test.
    let raw = Unmanaged.passRetained(Box(body)).toOpaque()
    pthread_create(
        &thread,
        nil,
        { raw in
            if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body() }
            return nil
        },
        raw
    )
    pthread_detach(thread)
}
