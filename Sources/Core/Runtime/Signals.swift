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
    package static func await(first: (Int32) -> Void) -> Never {
        var set = terminating()
        var received: Int32 = 0
        var count = 0
        while true {
            guard sigwait(&set, &received) == 0 else { continue }
            count += 1
            if count > 1 { _exit(128 + received) }
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
