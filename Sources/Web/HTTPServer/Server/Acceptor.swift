import Base
import CLinux
import Glibc
import Runtime

/// Accepts connections on one loop; confined to it.
final class Acceptor {
    private let descriptor: Int32
    private let context: LoopContext
    private var registration: EventLoop.Registration?
    private var backOff: TimerToken?
    /// Closed for a moment when descriptors run out, so that one client can be answered.
    private var reserve: Int32

    /// The most connections accepted before other events get their turn.
    private static let burst = 64

    init(_ descriptor: Int32, context: LoopContext) {
        (self.descriptor, self.context) = (descriptor, context)
        reserve = Self.openReserve()
        resume()
    }

    private static func openReserve() -> Int32 { CLinux_open("/dev/null", O_RDONLY, 0) }

    /// Stops listening; may be called twice.
    func close() {
        pause()
        if let backOff { context.loop.cancel(backOff) }
        backOff = nil
        // A child process between fork and exec holds a copy: closing alone would leave it listening.
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
        ListeningSocket.close(descriptor)
        if reserve >= 0 { ListeningSocket.close(reserve) }
    }

    /// EPOLLEXCLUSIVE: of several loops, one is woken.
    private func resume() {
        backOff = nil
        let exclusive = Interest(rawValue: 1 << 28)
        do throws(Errno) {
            registration = try context.loop.register(descriptor, [.read, exclusive]) { [self] _ in accept() }
        } catch {
            rest()
        }
    }

    private func pause() {
        if let registration { context.loop.deregister(registration) }
        registration = nil
    }

    /// Leaves waiting clients in the backlog for a while, to avoid a busy loop.
    private func rest() {
        pause()
        guard backOff == nil else { return }
        backOff = context.loop.arm(after: context.core.limits.acceptBackOff) { [self] in resume() }
    }

    private func accept() {
        for _ in 0..<Self.burst {
            let accepted = CLinux_accept4(descriptor)
            guard accepted >= 0 else {
                switch errno {
                case EAGAIN: return
                case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                    var left = Self.burst
                    while left > 0, refuseOne() { left -= 1 }
                    return rest()
                default: continue  // That client is gone: ECONNABORTED and the network's errors (accept(2)).
                }
            }
            Connection.start(accepted, context)
        }
    }

    /// Answers one client 503, using the reserved descriptor; false when none waits.
    private func refuseOne() -> Bool {
        guard reserve >= 0 else {
            reserve = Self.openReserve()
            return false
        }
        ListeningSocket.close(reserve)
        let accepted = CLinux_accept4(descriptor)
        if accepted >= 0 {
            context.core.counters.accepted.increment()
            context.core.counters.refused.increment()
            let message = Rejection.unavailable(retryAfter: context.core.limits.retryAfter)
            _ = message.withUnsafeBytes { send(accepted, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            shutdown(accepted, Int32(SHUT_WR))
            ListeningSocket.close(accepted)
        }
        reserve = Self.openReserve()
        return accepted >= 0
    }
}
