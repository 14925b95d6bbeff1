package import Base
package import Runtime

/// Resolves names on one event loop, without a thread and without a cache.
///
/// Not Sendable: create and use it on its loop.
package final class Resolver {
    private let loop: EventLoop
    private let system: SystemConfiguration
    /// Keyed by server; the empty key is the system's configuration.
    private var channels: [String: ResolverChannel] = [:]
    /// Channels that get no more queries and are closed after their last answer.
    private var retired: [ResolverChannel] = []
    private var isSweeping = false
    /// The system server that answered when those before it did not; queried first from then on.
    private var preferred: String?
    private static let channelLimit = 64

    /// Call on the loop.
    package init(loop: EventLoop, system: SystemConfiguration = SystemConfiguration()) {
        loop.preconditionInLoop()
        self.loop = loop
        self.system = system
    }

    /// How the system's name servers are configured.
    package struct SystemConfiguration: Sendable {
        /// The path of a file like `/etc/resolv.conf`; nil is that file.
        package var file: String?
        /// The port of the servers; nil means 53.
        package var port: UInt16?
        /// How long the file's content is used before it is read again.
        package var lifetime: Duration = .seconds(30)
        /// How long a server has to answer before the next one is queried; doubled with each round.
        package var patience: Duration = .seconds(1)

        package init() {}
    }

    /// The requested address families.
    package enum Family: Sendable { case any, v4, v6 }

    /// Why there is no address.
    package enum LookupError: Error, Sendable, Equatable {
        /// No such name, or a text that cannot be a name.
        case noSuchName
        /// The name exists but has no address of the requested family.
        case noAddress
        /// The server reported a failure.
        case serverFailure
        /// The server refused the query.
        case refused
        /// Nothing listens at the server's address.
        case unreachable
        /// No answer arrived in time.
        case timeout
        /// The server's address is malformed, or there is no memory; says which.
        case unusable(String)
    }

    /// A running lookup.
    package final class Lookup {
        var completion: ((Result<[IPAddress], LookupError>) -> Void)?
        init(_ completion: @escaping (Result<[IPAddress], LookupError>) -> Void) { self.completion = completion }

        /// Cancels the lookup: its completion will not be called.
        package func cancel() { completion = nil }

        func finish(_ result: Result<[IPAddress], LookupError>) {
            let completion = completion
            self.completion = nil
            completion?(result)
        }
    }

    /// Resolves a name; `completion` is called once on the loop, possibly before this returns.
    ///
    /// Addresses and `localhost` need no query. `server` is `ADDRESS:PORT`; nil uses the system's configuration with
    /// its hosts file.
    package func resolve(
        _ name: String,
        family: Family = .any,
        server: String? = nil,
        completion: @escaping (Result<[IPAddress], LookupError>) -> Void
    ) -> Lookup {
        loop.preconditionInLoop()
        let lookup = Lookup(completion)
        if let known = Self.known(name) {
            let fitting = known.filter { family == .any || ($0.family == .v4) == (family == .v4) }
            lookup.finish(fitting.isEmpty ? .failure(.noAddress) : .success(fitting))
        } else if !Self.isValid(name) {
            lookup.finish(.failure(.noSuchName))
        } else {
            switch channel(server ?? "") {
            case .success(let channel): channel.ask(name, family, lookup)
            case .failure(let failure): lookup.finish(.failure(failure))
            }
        }
        return lookup
    }

    /// The address in a server's `ADDRESS`, `ADDRESS:PORT` or `[IPV6]:PORT`; nil when the text has another form.
    package static func address(ofServer text: String) -> IPAddress? { endpoint(text)?.address }

    static func endpoint(_ text: String) -> (address: IPAddress, port: UInt16)? {
        if let address = IPAddress(text) { return (address, 53) }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
            let address = IPAddress(String(text[..<colon]))
        else { return nil }
        return (address, port)
    }

    /// Ends every lookup without calling completions; call on the loop, once, before releasing the object.
    package func close() {
        for channel in channels.values { channel.close() }
        for channel in retired { channel.close() }
        channels = [:]
        retired = []
    }

    private static func known(_ name: String) -> [IPAddress]? {
        if isLocalhost(name) { return [IPAddress(v4: 0x7F00_0001), IPAddress(v6: 0, 1)] }
        return IPAddress(name).map { [$0] }
    }

    /// Whether a name is `localhost`, with or without a final dot.
    package static func isLocalhost(_ name: String) -> Bool { ["localhost", "localhost."].contains(name.lowercased()) }

    /// Labels of 1 to 63 printable bytes, at most 253 in all; a dot may end the name.
    static func isValid(_ name: String) -> Bool {
        let name = name.hasSuffix(".") ? name.dropLast() : Substring(name)
        guard (1...253).contains(name.utf8.count) else { return false }
        var label = 0
        for byte in name.utf8 {
            if byte == UInt8(ascii: ".") {
                guard label > 0 else { return false }
                label = 0
            } else {
                label += 1
                guard label <= 63, byte > 32, byte < 127, byte != UInt8(ascii: "\\") else { return false }
            }
        }
        return label > 0
    }

    private func channel(_ server: String) -> Result<ResolverChannel, LookupError> {
        if let channel = channels[server] {
            guard server.isEmpty, mustBeReplaced(channel) else { return .success(channel) }
            retire(channel)
            channels[server] = nil
        }
        if channels.count >= Self.channelLimit, let idle = channels.first(where: { $0.value.isIdle }) {
            retire(idle.value)
            channels[idle.key] = nil
        }
        guard channels.count < Self.channelLimit * 4 else {
            return .failure(.unusable("too many name servers at once"))
        }
        let made =
            server.isEmpty
            ? ResolverChannel(loop: loop, system: system, preferred: preferred)
            : ResolverChannel(loop: loop, server: server)
        guard let made else {
            return .failure(.unusable("\"\(server)\" is not the ADDRESS:PORT of a name server"))
        }
        channels[server] = made
        return .success(made)
    }

    /// The system's configuration is read again regularly, even while one of its servers does not answer; and a server
    /// that answers is queried before one that does not.
    private func mustBeReplaced(_ channel: ResolverChannel) -> Bool {
        if channel.isFirstServerSilent {
            preferred = channel.servers[1]
            return true
        }
        return loop.now - channel.createdAt > system.lifetime
    }

    /// Lets a channel finish its pending queries, then closes it.
    private func retire(_ channel: ResolverChannel) {
        retired.append(channel)
        sweepLater(.zero)
    }

    /// Never at once: this may run inside a callback of the channel, and c-ares forbids destroying it there.
    private func sweepLater(_ delay: Duration) {
        guard !isSweeping else { return }
        isSweeping = true
        loop.arm(after: delay) { [weak self] in
            guard let self else { return }
            isSweeping = false
            for channel in retired where channel.isIdle { channel.close() }
            retired.removeAll(where: \.isIdle)
            if !retired.isEmpty { sweepLater(.seconds(1)) }
        }
    }
}
