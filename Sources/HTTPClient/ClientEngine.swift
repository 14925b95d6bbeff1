import Base
import Runtime

/// What a client's requests share, confined to its loop.
final class ClientEngine {
    let loop: EventLoop
    let configuration: HTTPClientConfiguration
    let multi: CurlMulti?
    let resolver: Resolver
    let trust = TrustStore()
    private var running: [UInt64: ClientExchange] = [:]
    private static let limit = 1024

    init(loop: EventLoop, configuration: HTTPClientConfiguration) {
        (self.loop, self.configuration) = (loop, configuration)
        multi = CurlMulti(loop: loop)
        resolver = Resolver(loop: loop)
    }

    /// Starts a request; the completion is called once, possibly before this returns.
    func start(
        _ request: HTTPClientRequest,
        _ number: UInt64,
        _ completion: @escaping (Result<HTTPClientResponse, HTTPClientError>) -> Void
    ) {
        guard running.count < Self.limit else { return completion(.failure(.transport("too many requests at once"))) }
        guard let easy = CurlEasy() else { return completion(.failure(.transport("libcurl could not be set up"))) }
        let exchange = ClientExchange(self, request, easy) { [unowned self] result in
            running[number] = nil
            completion(result)
        }
        running[number] = exchange
        exchange.start()
    }

    func cancel(_ number: UInt64) { running[number]?.finish(.failure(.cancelled)) }

    /// Ends everything; call on the loop, once.
    func shutdown() {
        for exchange in Array(running.values) { exchange.finish(.failure(.cancelled)) }
        multi?.close()
        resolver.close()
    }
}
