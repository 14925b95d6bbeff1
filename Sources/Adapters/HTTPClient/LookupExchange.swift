import Base
import Runtime

/// One lookup of the client, for callers that connect themselves.
final class LookupExchange: EngineExchange {
    private unowned let engine: ClientEngine
    private let host: String
    private let timeout: Duration
    private var completion: ((Result<[IPAddress], HTTPClientError>) -> Void)?
    private var timer: TimerToken?
    private var lookup: Resolver.Lookup?

    init(
        _ engine: ClientEngine,
        _ host: String,
        _ timeout: Duration,
        completion: @escaping (Result<[IPAddress], HTTPClientError>) -> Void
    ) {
        (self.engine, self.host, self.timeout, self.completion) = (engine, host, timeout, completion)
    }

    func start() {
        timer = engine.loop.arm(at: .now + timeout) { [unowned self] in
            timer = nil
            finish(.failure(.timeout))
        }
        lookup = engine.resolve(host) { [unowned self] result in finish(result) }
    }

    func cancel() { finish(.failure(.cancelled)) }

    private func finish(_ result: Result<[IPAddress], HTTPClientError>) {
        guard let completion else { return }
        self.completion = nil
        if let timer { engine.loop.cancel(timer) }
        timer = nil
        lookup?.cancel()
        completion(result)
    }
}
