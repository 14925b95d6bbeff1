import CLinux
import Glibc
import Synchronization

/// A named, detached POSIX thread that can check whether it is the current thread.
final class LoopThread: Sendable {
    private let name: String
    private let identity = Atomic<UInt>(0)

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    init(name: String) { self.name = name }

    var isCurrent: Bool { identity.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Starts the thread; it ends when `body` returns.
    func start(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        let wrapped = Body { [self] in
            identity.store(UInt(pthread_self()), ordering: .relaxed)
            CLinux_name_thread(String(name.prefix(15)))
            body()
        }
        var thread = pthread_t()
        // Invariant: the retained body is released by the new thread, or here when there is none.
        let raw = Unmanaged.passRetained(wrapped)
        let code = pthread_create(
            &thread,
            nil,
            { raw in
                guard let raw else { return nil }
                // Invariant: balances the `passRetained` of `start`; runs once.
                Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            },
            raw.toOpaque()
        )
        guard code == 0 else {
            raw.release()
            throw Errno("pthread_create", code: code)
        }
        pthread_detach(thread)
    }
}
