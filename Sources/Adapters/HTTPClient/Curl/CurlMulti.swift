import Base
import CCurl
import Glibc
package import Runtime

/// libcurl's multi-socket interface on one event loop: any number of transfers, no thread.
///
/// Not Sendable: create and use it on its loop. Transfers neither share connections nor wait for each other.
package final class CurlMulti {
    /// The loop that it is confined to.
    package let loop: EventLoop
    private let handle: UnsafeMutableRawPointer
    /// Indexed by descriptor; the closures are kept, because descriptor numbers are reused all the time.
    private var handlers: [EventLoop.Handler?] = []
    private var registrations: [EventLoop.Registration?] = []
    private var due: MonotonicTime?
    private var timer: (token: TimerToken, at: MonotonicTime)?
    private var isKicked = false
    private var isClosed = false
    private var kick: (@Sendable () -> Void)?
    /// Where to put the first bytes that a socket receives, until some have come.
    private var firstBytes: [Int32: FirstBytes] = [:]

    /// How many transfers are running.
    package private(set) var runningCount = 0

    /// Call on the loop; nil when libcurl has no memory.
    package init?(loop: EventLoop) {
        loop.preconditionInLoop()
        guard CurlGlobal.isReady, let handle = curl_multi_init() else { return nil }
        (self.loop, self.handle) = (loop, handle)
        // Invariant: libcurl holds the address only until `close`, which runs before the object goes.
        let me = Unmanaged.passUnretained(self).toOpaque()
        sentinel_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, me)
        sentinel_multi_set_socket_callback(handle, socketChanged)
        sentinel_multi_set_pointer(handle, CURLMOPT_TIMERDATA, me)
        sentinel_multi_set_timer_callback(handle, timerChanged)
        sentinel_multi_set_long(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        // Invariant: runs on the loop, to which the object is confined; holds it weakly.
        nonisolated(unsafe) weak let weakSelf = self
        kick = { weakSelf?.kicked() }
    }

    /// Limits how many idle connections are kept, for transfers that allow that.
    package func limitKept(to count: Int) { sentinel_multi_set_long(handle, CURLMOPT_MAXCONNECTS, count) }

    /// Keeps the first bytes that a new socket receives, which libcurl does not report.
    ///
    /// Nothing is kept when they come before the loop could look.
    package func keepFirstBytes(of socket: Int32, in bytes: FirstBytes) { firstBytes[socket] = bytes }

    private func peek(_ socket: Int32) {
        guard let bytes = firstBytes[socket], bytes.peek(socket) else { return }
        firstBytes[socket] = nil
    }

    /// Ends everything; call on the loop, once, before releasing the object.
    package func close() {
        loop.preconditionInLoop()
        guard !isClosed else { return }
        isClosed = true
        curl_multi_cleanup(handle)
        for registration in registrations { registration.map(loop.deregister) }
        registrations = []
        if let timer { loop.cancel(timer.token) }
        timer = nil
    }

    deinit {
        // Only an object whose loop ended is released without `close`; libcurl must then not call it any more.
        if !isClosed { sentinel_multi_set_socket_callback(handle, nil) }
    }

    /// Starts a transfer; its end is reported later, never during this call.
    ///
    /// Returns false when libcurl refuses the handle; the owner is not notified then.
    package func add(_ easy: CurlEasy, owner: any CurlTransferOwner) -> Bool {
        precondition(!easy.isRunning, "the handle runs already")
        easy.clearMessage()
        easy.owner = owner
        guard !isClosed, curl_multi_add_handle(handle, easy.handle) == CURLM_OK else {
            easy.owner = nil
            return false
        }
        easy.isRunning = true
        runningCount += 1
        // Invariant: balanced in `release`, which every removal goes through.
        _ = Unmanaged.passRetained(easy)
        return true
    }

    /// Removes a transfer without notifying its owner; not from inside a libcurl callback.
    package func remove(_ easy: CurlEasy) {
        guard easy.isRunning else { return }
        curl_multi_remove_handle(handle, easy.handle)
        release(easy)
    }

    private func release(_ easy: CurlEasy) {
        easy.isRunning = false
        easy.owner = nil
        runningCount -= 1
        // Invariant: balances the retain of `add`.
        Unmanaged.passUnretained(easy).release()
    }

    // MARK: Driving

    private func act(_ socket: curl_socket_t, _ flags: Int32) {
        guard !isClosed else { return }
        var running: Int32 = 0
        curl_multi_socket_action(handle, socket, flags, &running)
        var left: Int32 = 0
        while !isClosed, let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let raw = message.pointee.easy_handle else { continue }
            let result = sentinel_message_result(message)
            var pointer: UnsafeMutableRawPointer?
            sentinel_easy_get_pointer(raw, CURLINFO_PRIVATE, &pointer)
            guard let pointer else { continue }
            // Invariant: the handle is running, so `add`'s retain keeps it.
            let easy = Unmanaged<CurlEasy>.fromOpaque(pointer).takeUnretainedValue()
            let owner = easy.owner
            curl_multi_remove_handle(handle, raw)
            release(easy)
            owner?.transferFinished(result)
        }
    }

    private func kicked() {
        isKicked = false
        act(CURL_SOCKET_TIMEOUT, 0)
    }

    fileprivate func watch(_ raw: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32) {
        let index = Int(socket)
        while registrations.count <= index {
            registrations.append(nil)
            handlers.append(nil)
        }
        if what == CURL_POLL_REMOVE {
            if let registration = registrations[index] { loop.deregister(registration) }
            registrations[index] = nil
            if !firstBytes.isEmpty { firstBytes[socket] = nil }
            return
        }
        // Plain bits: set algebra across modules is not specialized, and this runs several times a check.
        let bits = (what & CURL_POLL_IN != 0 ? Self.readBit : 0) | (what & CURL_POLL_OUT != 0 ? Self.writeBit : 0)
        let interest = Interest(rawValue: bits)
        if let registration = registrations[index] {
            loop.update(registration, interest)
        } else {
            do {
                registrations[index] = try loop.register(socket, interest, handler(of: socket))
            } catch {
                endUnwatched(raw)
            }
        }
    }

    /// Ends a transfer whose socket cannot be watched: it would never progress, and its timeout would blame the peer
    /// for our error.
    private func endUnwatched(_ raw: UnsafeMutableRawPointer?) {
        guard let raw else { return }
        var pointer: UnsafeMutableRawPointer?
        sentinel_easy_get_pointer(raw, CURLINFO_PRIVATE, &pointer)
        guard let pointer else { return }
        // Invariant: the handle is running, so `add`'s retain keeps it; runs on the loop, to which both are confined.
        nonisolated(unsafe) let easy = Unmanaged<CurlEasy>.fromOpaque(pointer).takeUnretainedValue()
        // Invariant: as above; both are held weakly.
        nonisolated(unsafe) weak let weakSelf = self
        nonisolated(unsafe) weak let owner = easy.owner
        // A transfer must not be removed inside a libcurl callback.
        loop.execute {
            guard let self = weakSelf, !self.isClosed, easy.isRunning, let owner, easy.owner === owner else { return }
            self.remove(easy)
            // libcurl itself never ends a started transfer with this code.
            owner.transferFinished(CURLE_FAILED_INIT)
        }
    }

    private static let readBit = Interest.read.rawValue
    private static let writeBit = Interest.write.rawValue
    private static let failureBits = Interest.failure.rawValue

    private func handler(of socket: curl_socket_t) -> EventLoop.Handler {
        if let handler = handlers[Int(socket)] { return handler }
        let handler: EventLoop.Handler = { [unowned self] ready in
            var flags: Int32 = 0
            if ready.rawValue & Self.readBit != 0 { flags |= CURL_CSELECT_IN }
            if ready.rawValue & Self.writeBit != 0 { flags |= CURL_CSELECT_OUT }
            if ready.rawValue & Self.failureBits != 0 { flags |= CURL_CSELECT_ERR }
            // A look at a broken socket would take the error away from libcurl.
            if !firstBytes.isEmpty, flags & CURL_CSELECT_IN != 0, flags & CURL_CSELECT_ERR == 0 { peek(socket) }
            act(socket, flags)
        }
        handlers[Int(socket)] = handler
        return handler
    }

    fileprivate func timeout(_ milliseconds: Int) {
        if milliseconds == 0 {
            guard !isKicked, let kick else { return }
            isKicked = true
            loop.execute(kick)
            return
        }
        due = milliseconds < 0 ? nil : loop.now + .milliseconds(milliseconds)
        armTimer()
    }

    /// Keeps a timer that fires early enough: it checks again then, which is cheaper than moving it each time.
    private func armTimer() {
        guard let due else { return }
        if let timer {
            if timer.at <= due { return }
            loop.cancel(timer.token)
        }
        timer = (loop.arm(at: due) { [unowned self] in fired() }, due)
    }

    private func fired() {
        timer = nil
        guard let due else { return }
        if due <= loop.now {
            self.due = nil
            act(CURL_SOCKET_TIMEOUT, 0)
        } else {
            armTimer()
        }
    }
}

/// libcurl's process-wide set-up, done once.
enum CurlGlobal {
    static let isReady: Bool = {
        // libcurl reads names outside ASCII in the locale's encoding, and the C locale has none.
        setlocale(LC_CTYPE, "C.UTF-8")
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()
}

private let socketChanged: sentinel_socket_callback = { easy, socket, what, context, _ in
    guard let context else { return 0 }
    // Invariant: the multi handle calls only between `init` and `close` of the object it was given.
    Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(easy, socket, what)
    return 0
}

private let timerChanged: sentinel_timer_callback = { _, milliseconds, context in
    guard let context else { return 0 }
    // Invariant: as above.
    Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().timeout(milliseconds)
    return 0
}
