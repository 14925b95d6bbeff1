package import Base
import CLinux
import Glibc

/// The readiness events of a descriptor.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let read = Interest(rawValue: EPOLLIN.rawValue)
    package static let write = Interest(rawValue: EPOLLOUT.rawValue)
    /// The peer will send no more.
    package static let readHangUp = Interest(rawValue: EPOLLRDHUP.rawValue)
    /// An error or a full hang-up; always reported.
    package static let failure = Interest(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// One thread, one epoll set, one timing wheel: the executor of everything that does I/O on it.
///
/// It is a serial executor (actors run on it) and a task executor (handlers prefer it), so neither side hops to reach
/// the other. Other threads enter only through `enqueue` and `execute`.
///
/// Invariant: all mutable state but `inbox` is touched by the loop's thread alone; each entry point checks.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// Called on the loop with what became ready.
    package typealias Handler = (Interest) -> Void

    /// A watched descriptor; events of an earlier user of the same number are dropped by its generation.
    package struct Registration: Sendable, Hashable {
        package let descriptor: Int32
        fileprivate let generation: UInt32
        fileprivate var key: UInt64 { UInt64(UInt32(bitPattern: descriptor)) | UInt64(generation) << 32 }
    }

    private enum Work: Sendable {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }
    private struct Inbox {
        var work: [Work] = []
        var isSignalled = false
    }
    private struct Slot {
        var generation: UInt32 = 0
        var handler: Handler?
    }

    private let epoll: Int32
    private let wake: Int32
    private let inbox = Locked(Inbox())
    private let thread: LoopThread
    /// Asks the owner of a stepped loop for a step; nil for a loop with a thread.
    private let wakeOwner: (@Sendable () -> Void)?
    private var isStepping = false
    private var local: [Work] = []
    private var batch: [Work] = []
    private var slots: [Slot] = []
    private var wheel = TimerWheel<() -> Void>()
    private var isRunning = true
    /// The monotonic time at the start of the current round; call on the loop.
    package private(set) var now: MonotonicTime
    private let start: MonotonicTime
    private let stallRule: StallRule
    private let lateness: Int64
    /// When the next timer was due as the round began to wait; nil when none is armed.
    private var due: MonotonicTime?
    /// Timers are held back until then.
    private var timersResume = MonotonicTime(nanoseconds: 0)
    private var nextGrace = MonotonicTime(nanoseconds: 0)

    /// How a loop reacts after it, or the whole machine, was suspended.
    ///
    /// Answers that arrived meanwhile, or were under way, count before the deadlines that passed: a check does not time
    /// out because its own machine slept.
    package struct StallRule: Sendable {
        /// A timer later than this means a stall.
        package var lateness = Duration.seconds(1)
        /// How long timers are then held back while descriptors are served.
        package var grace = Duration.milliseconds(500)
        /// The least time from one grace to the next, so that an overloaded loop, which is always late, does not keep
        /// waiting.
        package var pause = Duration.seconds(60)

        package init() {}
    }

    /// How many descriptors are watched.
    package private(set) var registrationCount = 0

    /// Starts the loop's thread; `name` shows in process listings (15 bytes).
    ///
    /// Throws `Errno` when there is no descriptor for epoll or eventfd, or no thread can be started.
    package init(name: String = "loop", stallRule: StallRule = StallRule()) throws(Errno) {
        self.stallRule = stallRule
        lateness = stallRule.lateness.wholeNanoseconds
        wakeOwner = nil
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw Errno("epoll_create1") }
        wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wake >= 0 else {
            let error = Errno("eventfd")
            close(epoll)
            throw error
        }
        // Ticks are whole milliseconds of the clock: instants on such a grid need no rounding.
        start = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds / 1_000_000 * 1_000_000)
        now = start
        thread = LoopThread(name: name)
        guard CLinux_epoll_ctl(epoll, EPOLL_CTL_ADD, wake, EPOLLIN.rawValue, Self.wakeKey) == 0 else {
            throw Errno("epoll_ctl")
        }
        try thread.start { [self] in run() }
    }

    /// Makes a loop without a thread and without descriptors, which runs only in `step`: for simulated time.
    ///
    /// `wakeOwner` is called when there is work. The loop belongs to the thread that steps it.
    package init(steppedAfter wakeOwner: @escaping @Sendable () -> Void) {
        self.wakeOwner = wakeOwner
        stallRule = StallRule()
        lateness = .max
        epoll = -1
        wake = -1
        thread = LoopThread(name: "stepped")
        start = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds / 1_000_000 * 1_000_000)
        now = start
    }

    deinit {
        guard wakeOwner == nil else { return }
        close(epoll)
        close(wake)
    }

    private static let wakeKey = UInt64.max

    // MARK: Executor

    package var inLoop: Bool { wakeOwner == nil ? thread.isCurrent : isStepping }
    package func preconditionInLoop() { precondition(inLoop, "not on the event loop") }
    package func checkIsolated() { preconditionInLoop() }
    package func isIsolatingCurrentContext() -> Bool? { inLoop }
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    package func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    package func enqueue(_ job: consuming ExecutorJob) { submit(.job(UnownedJob(job))) }

    /// Runs a closure on the loop, soon; from any thread, never inline.
    package func execute(_ body: @escaping @Sendable () -> Void) { submit(.closure(body)) }

    private func submit(_ work: Work) {
        if inLoop {
            local.append(work)
            return
        }
        let wakes = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.isSignalled = true }
            return !inbox.isSignalled
        }
        guard wakes else { return }
        if let wakeOwner { wakeOwner() } else { eventfd_write(wake, 1) }
    }

    // MARK: Descriptors

    /// Watches a descriptor; call on the loop.
    ///
    /// Throws `Errno` when the kernel does not watch it: a file, a closed descriptor, or too many watches.
    package func register(
        _ descriptor: Int32,
        _ interest: Interest,
        _ handler: @escaping Handler
    ) throws(Errno) -> Registration {
        preconditionInLoop()
        let index = Int(descriptor)
        while slots.count <= index { slots.append(Slot()) }
        precondition(slots[index].handler == nil, "descriptor \(descriptor) is watched already")
        slots[index].generation = (slots[index].generation &+ 1) & 0x7FFF_FFFF
        let registration = Registration(descriptor: descriptor, generation: slots[index].generation)
        guard CLinux_epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, interest.rawValue, registration.key) == 0 else {
            throw Errno("epoll_ctl")
        }
        slots[index].handler = handler
        registrationCount += 1
        return registration
    }

    /// Changes the interest of a registration; does nothing when it has ended.
    ///
    /// Call on the loop.
    package func update(_ registration: Registration, _ interest: Interest) {
        preconditionInLoop()
        guard isLive(registration) else { return }
        _ = CLinux_epoll_ctl(epoll, EPOLL_CTL_MOD, registration.descriptor, interest.rawValue, registration.key)
    }

    /// Stops watching; call on the loop, before the descriptor is closed.
    ///
    /// May be called twice.
    package func deregister(_ registration: Registration) {
        preconditionInLoop()
        guard isLive(registration) else { return }
        slots[Int(registration.descriptor)].handler = nil
        registrationCount -= 1
        // Fails when the descriptor was already closed, which removes it from epoll.
        _ = CLinux_epoll_ctl(epoll, EPOLL_CTL_DEL, registration.descriptor, 0, 0)
    }

    private func isLive(_ registration: Registration) -> Bool {
        let index = Int(registration.descriptor)
        return index < slots.count && slots[index].generation == registration.generation && slots[index].handler != nil
    }

    // MARK: Timers

    /// Runs `action` on the loop at `time` or up to a millisecond later, never before; call on the loop.
    @discardableResult
    package func arm(at time: MonotonicTime, _ action: @escaping () -> Void) -> TimerToken {
        preconditionInLoop()
        return wheel.arm(at: tick(atOrAfter: time), action)
    }

    /// Runs `action` after a delay, measured from the start of the current round; call on the loop.
    @discardableResult
    package func arm(after delay: Duration, _ action: @escaping () -> Void) -> TimerToken {
        arm(at: now + delay, action)
    }

    /// Disarms a timer; does nothing when it has fired.
    ///
    /// Call on the loop.
    package func cancel(_ token: TimerToken) {
        preconditionInLoop()
        wheel.cancel(token)
    }

    private func tick(atOrAfter time: MonotonicTime) -> UInt64 {
        let since = time.nanoseconds - start.nanoseconds
        return since <= 0 ? 0 : UInt64((since + 999_999) / 1_000_000)
    }

    private func tick(atOrBefore time: MonotonicTime) -> UInt64 {
        UInt64(max(0, time.nanoseconds - start.nanoseconds) / 1_000_000)
    }

    // MARK: Life

    /// Ends the loop once all submitted work has run; from any thread.
    package func shutdown() { execute { self.isRunning = false } }

    private func run() {
        let capacity = 256
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        defer { events.deallocate() }
        while isRunning {
            runWork()
            let count = CLinux_epoll_wait(epoll, events, Int32(capacity), waitNanoseconds())
            now = .now
            noteStall()
            wheel.advance(to: tick(atOrBefore: now))
            // Events before timers: an answer that has already arrived is in time.
            if count > 0 { dispatch(UnsafeBufferPointer(start: events, count: Int(count))) }
            if now >= timersResume { fireTimers() }
        }
        takeInbox()
        runWork()
    }

    /// Runs what is due on a stepped loop; returns when the next timer is due.
    package func step() -> MonotonicTime? {
        precondition(wakeOwner != nil && !isStepping, "only the owner of a stepped loop may step it")
        isStepping = true
        defer { isStepping = false }
        now = .now
        takeInbox()
        wheel.advance(to: tick(atOrBefore: now))
        fireTimers()
        while !local.isEmpty { runWork() }
        return wheel.nextTick.map { MonotonicTime(nanoseconds: start.nanoseconds + Int64($0) * 1_000_000) }
    }

    /// How long to wait for the next timer, at most a minute; -1 for ever.
    private func waitNanoseconds() -> Int64 {
        guard let next = wheel.nextTick else {
            due = nil
            return local.isEmpty ? -1 : 0
        }
        let due = MonotonicTime(nanoseconds: start.nanoseconds + Int64(next) * 1_000_000)
        self.due = due
        guard local.isEmpty else { return 0 }
        let end = max(due, timersResume)
        return min(max(0, end.nanoseconds - MonotonicTime.now.nanoseconds), 60_000_000_000)
    }

    private func noteStall() {
        // Integer arithmetic: this runs in each round.
        guard let due, now.nanoseconds - due.nanoseconds > lateness, now >= nextGrace else { return }
        timersResume = now + stallRule.grace
        nextGrace = timersResume + stallRule.pause
    }

    private func fireTimers() {
        let tick = tick(atOrBefore: now)
        while let action = wheel.popExpired(through: tick) { action() }
    }

    private func dispatch(_ events: UnsafeBufferPointer<epoll_event>) {
        for event in events {
            let key = event.data.u64
            if key == Self.wakeKey {
                var ignored: UInt64 = 0
                eventfd_read(wake, &ignored)
                takeInbox()
                continue
            }
            let index = Int(truncatingIfNeeded: key & 0xFFFF_FFFF)
            guard slots[index].generation == UInt32(truncatingIfNeeded: key >> 32) else { continue }
            slots[index].handler?(Interest(rawValue: event.events))
        }
    }

    private func takeInbox() {
        inbox.withLock { inbox in
            inbox.isSignalled = false
            if local.isEmpty {
                swap(&local, &inbox.work)
            } else {
                local.append(contentsOf: inbox.work)
                inbox.work.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Runs queued work, and work queued by it, in at most four rounds, so that many jobs cannot starve I/O.
    private func runWork() {
        for _ in 0..<4 {
            swap(&batch, &local)
            if batch.isEmpty { return }
            for work in batch {
                switch work {
                case .job(let job):
                    job.runSynchronously(
                        isolatedTo: asUnownedSerialExecutor(),
                        taskExecutor: asUnownedTaskExecutor()
                    )
                case .closure(let body): body()
                }
            }
            batch.removeAll(keepingCapacity: true)
        }
    }
}
