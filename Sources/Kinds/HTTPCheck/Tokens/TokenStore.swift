import Base
import Checks
import Runtime

/// Why there is no token, for people; shows no secret.
struct TokenError: Error {
    let text: String
}

/// The bearer tokens of one prober's checks: each is fetched once for all checks that wait for it, and kept until it
/// expires.
///
/// Not Sendable: confined to its engine's loop.
final class TokenStore {
    private struct Entry {
        var token: String?
        var endsAt = MonotonicTime(nanoseconds: 0)
        var isFetching = false
        var waiters: [(Result<String, TokenError>) -> Void] = []
    }

    private unowned let engine: ProbeEngine
    private var entries: [String: Entry] = [:]
    private static let limit = 1000
    /// The lifetime of a token when the server gives none.
    private static let standardLife: Int64 = 300
    private static let longestLife: Int64 = 86_400

    init(engine: ProbeEngine) { self.engine = engine }

    /// How many tokens are stored or being fetched.
    var count: Int { entries.count }

    /// Finds a stored token or fetches one; calls back once, possibly during this call.
    ///
    /// Checks with other connection settings have a token of their own.
    func find(
        _ client: OAuth2Client,
        like options: HTTPSettings.Options,
        then completion: @escaping (Result<String, TokenError>) -> Void
    ) {
        let key = Self.key(client, options)
        if let entry = entries[key] {
            if entry.isFetching {
                entries[key]?.waiters.append(completion)
                return
            }
            if let token = entry.token, engine.loop.now < entry.endsAt { return completion(.success(token)) }
        }
        makeRoom()
        entries[key] = Entry(isFetching: true, waiters: [completion])
        fetch(client, key, options)
    }

    /// Removes a refused token, unless it has already been replaced.
    func discard(_ token: String, of client: OAuth2Client, like options: HTTPSettings.Options) {
        let key = Self.key(client, options)
        guard let entry = entries[key], !entry.isFetching, entry.token == token else { return }
        entries[key] = nil
    }

    private func makeRoom() {
        guard entries.count >= Self.limit else { return }
        let now = engine.loop.now
        entries = entries.filter { $0.value.isFetching || now < $0.value.endsAt }
        // Rare, and cheaper than tracking which was used last.
        if entries.count >= Self.limit { entries = entries.filter(\.value.isFetching) }
    }

    private static func key(_ client: OAuth2Client, _ options: HTTPSettings.Options) -> String {
        let way = [
            options.proxy ?? "", options.resolver ?? "", options.caFile ?? "", options.ipVersion.rawValue,
            options.verifyTLS ? "" : "k", options.resolve.map(\.text).joined(separator: ","),
            options.minimumTLS.rawValue,
        ]
        let parts = [client.tokenURL, client.id, client.secret, client.scope ?? "", client.audience ?? ""]
        return (parts + [client.sendsInBody ? "b" : ""] + way).joined(separator: "\u{0}")
    }

    // MARK: Fetching

    private func fetch(_ client: OAuth2Client, _ key: String, _ options: HTTPSettings.Options) {
        var text: CollectedText?
        _ = engine.start(
            TokenRequest.settings(client, like: options),
            monitor: nil,
            reader: { text = $0 },
            completion: { [unowned self] outcome in
                settle(key, TokenRequest.answer(outcome, text))
            }
        )
    }

    private func settle(_ key: String, _ answer: Result<TokenRequest.Token, TokenError>) {
        guard var entry = entries[key] else { return }
        let waiters = entry.waiters
        switch answer {
        case .failure: entries[key] = nil
        case .success(let token):
            let life = min(token.life ?? Self.standardLife, Self.longestLife)
            // Expires a little early: the target's clock may be ahead.
            entry = Entry(token: token.text, endsAt: engine.loop.now + .seconds(life - min(30, life / 10)))
            entries[key] = entry
        }
        for waiter in waiters { waiter(answer.map(\.text)) }
    }
}
