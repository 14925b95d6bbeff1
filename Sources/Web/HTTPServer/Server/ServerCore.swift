import Base
import Glibc
import Runtime
import Synchronization

/// The state that the loops of a server share.
final class ServerCore: Sendable {
    let limits: Limits
    let handler: Handler
    let onResponse: (@Sendable (ResponseSummary) -> Void)?
    let counters = ServerCounters()
    /// Triggered when a draining server has lost its last connection.
    let emptied = GracefulShutdown()
    private let open = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let addresses = Locked<[String: Int]>([:])

    /// Lowers the connection limit by a margin: files, databases and outgoing connections need descriptors too.
    init(limits: Limits, handler: @escaping Handler, onResponse: (@Sendable (ResponseSummary) -> Void)?) {
        var limits = limits
        limits.connections = min(limits.connections, max(1, Self.descriptorLimit() - 64))
        (self.limits, self.handler, self.onResponse) = (limits, handler, onResponse)
    }

    private static func descriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    var connectionCount: Int { open.load(ordering: .relaxed) }
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func beginDraining() { draining.store(true, ordering: .relaxed) }

    /// Counts a new connection; false when it exceeds a limit and must be refused.
    func admit(_ address: String) -> Bool {
        counters.accepted.increment()
        let count = open.wrappingAdd(1, ordering: .relaxed).newValue
        // All clients of a local proxy share that name.
        if address == SocketName.local { return count <= limits.connections }
        let ofAddress = addresses.withLock { addresses in
            addresses[address, default: 0] += 1
            return addresses[address, default: 0]
        }
        return count <= limits.connections && ofAddress <= limits.connectionsPerAddress
    }

    /// Uncounts a connection that `admit` counted, including refused ones.
    func release(_ address: String) {
        addresses.withLock { addresses in
            let left = addresses[address, default: 1] - 1
            addresses[address] = left > 0 ? left : nil
        }
        if open.wrappingSubtract(1, ordering: .relaxed).newValue == 0, isDraining { emptied.trigger() }
    }
}
