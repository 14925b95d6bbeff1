import Base
import CCares
import Runtime

/// One c-ares channel, for one server or the system's, driven by the loop.
final class ResolverChannel {
    private let loop: EventLoop
    private let channel: ares_channel
    private var registrations: [Int32: EventLoop.Registration] = [:]
    private var timer: (token: TimerToken, at: MonotonicTime)?
    private var asking = 0
    private var isClosed = false
    let createdAt: MonotonicTime

    /// Nobody waits for an answer.
    var isIdle: Bool { asking == 0 }

    private static let isReady = ares_library_init(ARES_LIB_INIT_ALL) == 0
    /// Of the first try; c-ares doubles it with each round.
    private static let tryMilliseconds: Int32 = 1000
    private static let tries: Int32 = 4

    /// nil when `server` is malformed or c-ares has no memory.
    init?(loop: EventLoop, server: String?) {
        var servers: String?
        if let server {
            guard let parsed = Self.servers(server) else { return nil }
            servers = parsed
        }
        let box = ChannelBox()
        guard Self.isReady, var made = Self.makeChannel(box, servers, isSingle: server != nil) else { return nil }
        // With one server there is none to turn to when it fails, and its own word is the better answer.
        isSingle = server != nil || Self.serverCount(made) == 1
        if server == nil, isSingle, let honest = Self.makeChannel(box, nil, isSingle: true) {
            ares_destroy(made)
            made = honest
        }
        (self.loop, channel, createdAt, self.box) = (loop, made, loop.now, box)
        box.owner = self
    }

    private let isSingle: Bool

    private static func makeChannel(_ box: ChannelBox, _ servers: String?, isSingle: Bool) -> ares_channel? {
        var options = ares_options()
        options.timeout = tryMilliseconds
        options.tries = tries
        options.flags = (isSingle ? ARES_FLAG_NOCHECKRESP : 0) | (servers == nil ? 0 : ARES_FLAG_NOSEARCH)
        var mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB
        if servers != nil { mask |= ARES_OPT_LOOKUPS }
        options.sock_state_cb = socketChanged
        // Invariant: `deinit` destroys the channel, the only caller, before the box goes.
        options.sock_state_cb_data = Unmanaged.passUnretained(box).toOpaque()
        var made: ares_channel?
        var lookups: [CChar] = [98, 0]  // "b": ask the server, leave the hosts file alone
        let status = lookups.withUnsafeMutableBufferPointer { lookups in
            options.lookups = lookups.baseAddress
            return ares_init_options(&made, &options, mask)
        }
        guard status == ARES_SUCCESS, let made else { return nil }
        if let servers, ares_set_servers_ports_csv(made, servers) != ARES_SUCCESS {
            ares_destroy(made)
            return nil
        }
        return made
    }

    /// A server's address as c-ares wants it, which itself takes bad ports for others.
    private static func servers(_ text: String) -> String? {
        Resolver.endpoint(text).map { "\($0.address.urlText):\($0.port)" }
    }

    private static func serverCount(_ channel: ares_channel) -> Int {
        var list: UnsafeMutablePointer<ares_addr_port_node>?
        guard ares_get_servers_ports(channel, &list) == ARES_SUCCESS else { return 0 }
        defer { if let list { ares_free_data(list) } }
        var (count, node) = (0, list)
        while let current = node { (count, node) = (count + 1, current.pointee.next) }
        return count
    }

    private let box: ChannelBox

    /// The address that c-ares calls back to; exists before the channel's owner does.
    fileprivate final class ChannelBox {
        weak var owner: ResolverChannel?
    }

    deinit { if !isClosed { ares_destroy(channel) } }

    /// Drops all questions; no completion is called.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        ares_destroy(channel)
        for registration in registrations.values { loop.deregister(registration) }
        registrations = [:]
        if let timer { loop.cancel(timer.token) }
        timer = nil
    }

    func ask(_ name: String, _ family: Resolver.Family, _ lookup: Resolver.Lookup) {
        question(name, family, lookup, isSecond: false)
        guard family == .any, lookup.completion != nil else { return }
        // c-ares tells nothing until both families are answered: one that is not must not hold the other up. Asking
        // again for each alone brings the answer that is there; RFC 8305 §3 waits as long.
        loop.arm(after: Self.familyDelay) { [weak self, weak lookup] in
            guard let self, !isClosed, let lookup, lookup.completion != nil else { return }
            question(name, .v4, lookup, isSecond: true)
            question(name, .v6, lookup, isSecond: true)
        }
    }

    private static let familyDelay: Duration = .milliseconds(50)

    private func question(_ name: String, _ family: Resolver.Family, _ lookup: Resolver.Lookup, isSecond: Bool) {
        var hints = ares_addrinfo_hints()
        switch family {
        case .any: hints.ai_family = AF_UNSPEC
        case .v4: hints.ai_family = AF_INET
        case .v6: hints.ai_family = AF_INET6
        }
        hints.ai_socktype = sentinel_socket_stream
        asking += 1
        // Invariant: c-ares calls `answered` exactly once for each question, also when the channel is destroyed.
        let context = Unmanaged.passRetained(Question(lookup, self, isSecond: isSecond)).toOpaque()
        ares_getaddrinfo(channel, name, nil, &hints, answered, context)
        armTimer()
    }

    /// What an answer belongs to.
    fileprivate final class Question {
        let lookup: Resolver.Lookup
        weak var channel: ResolverChannel?
        /// Whether only addresses count, since the first question still waits for the whole answer.
        let isSecond: Bool

        init(_ lookup: Resolver.Lookup, _ channel: ResolverChannel, isSecond: Bool) {
            (self.lookup, self.channel, self.isSecond) = (lookup, channel, isSecond)
        }

        func finish(_ status: Int32, _ list: UnsafeMutablePointer<ares_addrinfo>?) {
            defer { list.map(ares_freeaddrinfo) }
            guard let channel, !channel.isClosed else { return }
            channel.asking -= 1
            guard status == ARES_SUCCESS else {
                if isSecond { return }
                lookup.finish(.failure(failure(status, isSingle: channel.isSingle)))
                return
            }
            var found: [IPAddress] = []
            var node = list?.pointee.nodes
            while let current = node, found.count < 16 {
                if let raw = sentinel_node_address(current), let (address, _) = IPAddress.socketAddress(raw),
                    !found.contains(address)
                {
                    found.append(address)
                }
                node = current.pointee.ai_next
            }
            if isSecond, found.isEmpty { return }
            lookup.finish(found.isEmpty ? .failure(.noAddress) : .success(found))
        }

        /// c-ares says ECONNREFUSED when the last of several servers failed in whatever way.
        private func failure(_ status: Int32, isSingle: Bool) -> Resolver.Failure {
            switch status {
            case ARES_ENOTFOUND, ARES_EBADNAME: .noSuchName
            case ARES_ENODATA: .noAddress
            case ARES_EREFUSED: .refused
            case ARES_ECONNREFUSED: isSingle ? .unreachable : .serverFailure
            case ARES_ETIMEOUT: .timeout
            case ARES_ECANCELLED: .unusable("a socket of the resolver cannot be watched")
            case ARES_ENOMEM: .unusable("no memory")
            default: .serverFailure
            }
        }
    }

    // MARK: Sockets and time

    fileprivate func watch(_ socket: Int32, readable: Bool, writable: Bool) {
        guard !isClosed else { return }
        guard readable || writable else {
            if let registration = registrations.removeValue(forKey: socket) { loop.deregister(registration) }
            return
        }
        var interest: Interest = readable ? .read : []
        if writable { interest.insert(.write) }
        if let registration = registrations[socket] {
            loop.update(registration, interest)
            return
        }
        do {
            registrations[socket] = try loop.register(socket, interest) { [unowned self] ready in
                let isReadable = !ready.isDisjoint(with: [.read, .failure])
                process(isReadable ? socket : -1, ready.contains(.write) ? socket : -1)
            }
        } catch {
            cancelUnwatched()
        }
    }

    /// Ends the questions when a socket cannot be watched: no answer would be seen, and running out of time would put
    /// our fault down to the name server.
    private func cancelUnwatched() {
        // Invariant: runs on the loop, to which the object is confined; holds it weakly.
        nonisolated(unsafe) weak let weakSelf = self
        // c-ares is not to be called inside of its own callback.
        loop.execute {
            guard let self = weakSelf, !self.isClosed else { return }
            ares_cancel(self.channel)
        }
    }

    private func process(_ readable: Int32, _ writable: Int32) {
        guard !isClosed else { return }
        ares_process_fd(channel, readable, writable)
        armTimer()
    }

    private func armTimer() {
        guard !isClosed else { return }
        let wait = sentinel_ares_timeout(channel)
        guard wait >= 0 else { return }
        let due = loop.now + .milliseconds(wait)
        if let timer {
            if timer.at <= due { return }
            loop.cancel(timer.token)
        }
        timer = (
            loop.arm(at: due) { [unowned self] in
                timer = nil
                process(-1, -1)
            }, due
        )
    }
}

private let socketChanged: ares_sock_state_cb = { context, socket, readable, writable in
    guard let context else { return }
    // Invariant: the box lives as long as the channel, which alone calls this.
    let box = Unmanaged<ResolverChannel.ChannelBox>.fromOpaque(context).takeUnretainedValue()
    box.owner?.watch(socket, readable: readable != 0, writable: writable != 0)
}

private let answered: ares_addrinfo_callback = { context, status, _, list in
    guard let context else { return }
    // Invariant: balances the retain of `ask`; c-ares calls once.
    Unmanaged<ResolverChannel.Question>.fromOpaque(context).takeRetainedValue().finish(status, list)
}
