import Base
import CCares
import Runtime

/// One c-ares channel for one server or the system's servers, driven by the loop.
final class ResolverChannel {
    private let loop: EventLoop
    private let channel: ares_channel
    private var registrations: [Int32: EventLoop.Registration] = [:]
    private var timer: (token: TimerToken, at: MonotonicTime)?
    private var asking = 0
    private var isClosed = false
    let createdAt: MonotonicTime

    /// Whether no query is pending.
    var isIdle: Bool { asking == 0 }

    private static let isReady = ares_library_init(ARES_LIB_INIT_ALL) == 0
    private static let tries: Int32 = 4

    /// A channel to one server; nil when `server` is malformed or c-ares has no memory.
    convenience init?(loop: EventLoop, server: String) {
        guard let address = Self.servers(server) else { return nil }
        let box = ChannelBox()
        // With one server there is no other to try, so its own error is more precise.
        guard let made = Self.makeChannel(box, .server(address), isSingle: true) else { return nil }
        self.init(loop: loop, channel: made, box: box, servers: [server], patience: .seconds(1), readsHosts: false)
    }

    /// A channel to the system's name servers, `preferred` first if it is one of them; nil when c-ares has no memory.
    convenience init?(loop: EventLoop, system: Resolver.SystemConfiguration, preferred: String?) {
        let box = ChannelBox()
        guard var made = Self.makeChannel(box, .system(system), isSingle: false) else { return nil }
        var servers = ServerList.servers(of: made)
        if servers.count == 1, let honest = Self.makeChannel(box, .system(system), isSingle: true) {
            ares_destroy(made)
            made = honest
        }
        if let preferred, let index = servers.firstIndex(of: preferred), index > 0,
            ServerList.rotate(made, by: index)
        {
            servers = Array(servers[index...] + servers[..<index])
        }
        self.init(
            loop: loop,
            channel: made,
            box: box,
            servers: servers,
            patience: system.patience,
            readsHosts: true
        )
    }

    private init(
        loop: EventLoop,
        channel: ares_channel,
        box: ChannelBox,
        servers: [String],
        patience: Duration,
        readsHosts: Bool
    ) {
        self.loop = loop
        self.channel = channel
        self.box = box
        self.servers = servers
        self.patience = patience
        self.readsHosts = readsHosts
        createdAt = loop.now
        box.owner = self
    }

    /// In the order in which they are queried.
    let servers: [String]
    private let patience: Duration
    private let readsHosts: Bool
    private var isSingle: Bool { servers.count == 1 }
    /// Whether an answer arrived only after the first of several servers had timed out.
    private(set) var isFirstServerSilent = false

    /// The servers to query.
    private enum Source {
        case server(String)
        case system(Resolver.SystemConfiguration)
    }

    private static func makeChannel(_ box: ChannelBox, _ source: Source, isSingle: Bool) -> ares_channel? {
        guard isReady else { return nil }
        var options = ares_options()
        options.timeout = 1000
        options.tries = tries
        options.flags = isSingle ? ARES_FLAG_NOCHECKRESP : 0
        var mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB
        options.sock_state_cb = socketChanged
        // Invariant: only `deinit` destroys the channel, the only caller, before the box is released.
        options.sock_state_cb_data = Unmanaged.passUnretained(box).toOpaque()
        var made: ares_channel?
        switch source {
        case .server(let address):
            options.flags |= ARES_FLAG_NOSEARCH
            mask |= ARES_OPT_LOOKUPS
            var lookups: [CChar] = [98, 0]  // "b": ask the server, leave the hosts file alone
            let status = lookups.withUnsafeMutableBufferPointer { lookups in
                options.lookups = lookups.baseAddress
                return ares_init_options(&made, &options, mask)
            }
            guard status == ARES_SUCCESS, let made else { return nil }
            guard ares_set_servers_ports_csv(made, address) == ARES_SUCCESS else {
                ares_destroy(made)
                return nil
            }
        case .system(let system):
            options.timeout = Int32(clamping: system.patience.wholeMilliseconds)
            if system.file != nil { mask |= ARES_OPT_RESOLVCONF }
            if let port = system.port {
                options.udp_port = port
                options.tcp_port = port
                mask |= ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT
            }
            var path = Array((system.file ?? "").utf8CString)
            let status = path.withUnsafeMutableBufferPointer { path in
                options.resolvconf_path = path.baseAddress
                return ares_init_options(&made, &options, mask)
            }
            guard status == ARES_SUCCESS else { return nil }
        }
        return made
    }

    /// A server's address in c-ares' form; checked here because c-ares misreads bad ports.
    private static func servers(_ text: String) -> String? {
        Resolver.endpoint(text).map { "\($0.address.urlText):\($0.port)" }
    }

    private let box: ChannelBox

    /// The object that c-ares calls back; created before the channel's owner.
    fileprivate final class ChannelBox {
        weak var owner: ResolverChannel?
    }

    deinit { if !isClosed { ares_destroy(channel) } }

    /// Drops all queries; no completion is called.
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
        // A final dot keeps c-ares from trying search domains, but also from finding the name in the hosts file.
        if readsHosts, name.hasSuffix(".") {
            let found = HostsFile.addresses(of: String(name.dropLast()), family: family, channel: channel)
            if !found.isEmpty { return lookup.finish(.success(found)) }
        }
        question(name, family, lookup, isSecond: false)
        guard family == .any, lookup.completion != nil else { return }
        // c-ares reports nothing until both families are answered, so a missing answer would delay the other. Querying
        // each family alone again brings the answer that exists; RFC 8305 §3 waits as long.
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
        // Invariant: c-ares calls `answered` exactly once for each query, also when the channel is destroyed.
        let context = Unmanaged.passRetained(Question(lookup, self, isSecond: isSecond)).toOpaque()
        ares_getaddrinfo(channel, name, nil, &hints, answered, context)
        armTimer()
    }

    /// The context of a pending answer.
    fileprivate final class Question {
        let lookup: Resolver.Lookup
        weak var channel: ResolverChannel?
        /// Whether only addresses count, because the first query still waits for the whole answer.
        let isSecond: Bool
        private let askedAt = MonotonicTime.now

        init(_ lookup: Resolver.Lookup, _ channel: ResolverChannel, isSecond: Bool) {
            (self.lookup, self.channel, self.isSecond) = (lookup, channel, isSecond)
        }

        func finish(_ status: Int32, _ list: UnsafeMutablePointer<ares_addrinfo>?) {
            defer { list.map(ares_freeaddrinfo) }
            guard let channel, !channel.isClosed else { return }
            channel.asking -= 1
            channel.noteAnswer(status, after: MonotonicTime.now - askedAt)
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

        /// c-ares reports ECONNREFUSED when the last of several servers failed in any way.
        private func failure(_ status: Int32, isSingle: Bool) -> Resolver.LookupError {
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

    private func noteAnswer(_ status: Int32, after time: Duration) {
        guard servers.count > 1, status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND else {
            return
        }
        if time >= patience { isFirstServerSilent = true }
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

    /// Ends the queries when a socket cannot be watched: no answer would be seen, and the timeout would blame the name
    /// server for our error.
    private func cancelUnwatched() {
        // Invariant: runs on the loop, to which the object is confined; holds it weakly.
        nonisolated(unsafe) weak let weakSelf = self
        // c-ares must not be called inside its own callback.
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
