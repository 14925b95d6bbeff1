import Base
import Glibc

/// Termination signals, taken by one thread instead of by handlers.
package enum Signals {
    /// Blocks SIGTERM and SIGINT in this and every later thread, and ignores SIGPIPE; call first in `main`.
    package static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        var set = terminating()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits on the calling thread: the first SIGTERM or SIGINT runs `first` with its number, the second ends the
    /// process at once.
    ///
    /// `overdue` is run when the process still lives that long after the first: it needs no other thread, so that it
    /// works whatever keeps the process from its end.
    package static func await(
        first: (Int32) -> Void,
        within limit: Duration? = nil,
        overdue: () -> Void = {}
    ) -> Never {
        var set = terminating()
        var received: Int32 = 0
        var deadline: MonotonicTime?
        var hasReceived = false
        while true {
            if let limit = deadline {
                let left = max(0, limit.nanoseconds - MonotonicTime.now.nanoseconds)
                var time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
                received = sigtimedwait(&set, nil, &time)
                if received < 0 {
                    if errno == EAGAIN {
                        deadline = nil
                        overdue()
                    }
                    continue
                }
            } else {
                guard sigwait(&set, &received) == 0 else { continue }
            }
            if hasReceived { _exit(128 + received) }
            hasReceived = true
            deadline = limit.map { MonotonicTime.now + $0 }
            first(received)
        }
    }

    private static func terminating() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }
}
