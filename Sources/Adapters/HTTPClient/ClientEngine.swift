import Base
import CCurl
import COpenSSL
import Glibc
import Runtime

/// Something under way in the engine.
protocol EngineExchange: AnyObject {
    /// Begins; may end before it returns.
    func start()
    /// Ends as cancelled, unless it has ended.
    func cancel()
}

/// What a client's requests share, confined to its loop.
final class ClientEngine {
    let loop: EventLoop
    let configuration: HTTPClientConfiguration
    let multi: CurlMulti?
    let resolver: Resolver
    let trust = TrustStore()
    private var running: [UInt64: any EngineExchange] = [:]
    private static let limit = 1024
    private static let keptConnections = 32

    init(loop: EventLoop, configuration: HTTPClientConfiguration) {
        (self.loop, self.configuration) = (loop, configuration)
        multi = CurlMulti(loop: loop)
        multi?.limitKept(to: Self.keptConnections)
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
        run(
            number,
            ClientExchange(self, request, easy) { [unowned self] result in
                running[number] = nil
                completion(result)
            }
        )
    }

    /// Looks a host up; the completion is called once, possibly before this returns.
    func lookUp(
        _ host: String,
        _ timeout: Duration,
        _ number: UInt64,
        _ completion: @escaping (Result<[IPAddress], HTTPClientError>) -> Void
    ) {
        guard running.count < Self.limit else { return completion(.failure(.transport("too many requests at once"))) }
        run(
            number,
            LookupExchange(self, host, timeout) { [unowned self] result in
                running[number] = nil
                completion(result)
            }
        )
    }

    private func run(_ number: UInt64, _ exchange: any EngineExchange) {
        running[number] = exchange
        exchange.start()
    }

    /// The addresses of a host, at least one; nil when there was nothing to look up, and the completion was called.
    func resolve(
        _ host: String,
        _ completion: @escaping (Result<[IPAddress], HTTPClientError>) -> Void
    ) -> Resolver.Lookup? {
        if let address = IPAddress(host) {
            completion(.success([address]))
            return nil
        }
        return resolver.resolve(host, server: configuration.resolver) { result in
            completion(result.mapError { .resolution("\(host): \($0.words)") })
        }
    }

    func cancel(_ number: UInt64) { running[number]?.cancel() }

    /// Ends everything; call on the loop, once.
    func shutdown() {
        for exchange in Array(running.values) { exchange.cancel() }
        multi?.close()
        resolver.close()
    }

    /// Has a TLS connection trust the configured authorities.
    func useTrust(_ context: OpaquePointer, caFile: String? = nil) {
        guard let store = trust.store(caFile: caFile ?? configuration.caFile) else { return }
        SSL_CTX_set1_cert_store(context, store)
    }
}

extension HTTPClientConfiguration {
    /// A socket to an address that is allowed; -1, and why, for any other.
    func openSocket(_ wanted: UnsafeMutablePointer<curl_sockaddr>, refusal: inout String?) -> curl_socket_t {
        guard let (address, _) = IPAddress.socketAddress(sentinel_sockaddr(wanted)) else { return -1 }
        if let reason = addressPolicy.refusal(of: address) {
            refusal = "\(address) is \(reason)"
            return -1
        }
        let type = wanted.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(wanted.pointee.family, type, wanted.pointee.protocol)
    }
}

extension CurlEasy {
    /// What all of a client's transfers have in common.
    func setCommon(_ configuration: HTTPClientConfiguration) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NOPROXY, "")
        set(CURLOPT_FORBID_REUSE, configuration.keepsConnections ? 0 : 1)
        set(CURLOPT_FRESH_CONNECT, configuration.keepsConnections ? 0 : 1)
        set(CURLOPT_DNS_CACHE_TIMEOUT, 0)
        set(CURLOPT_CAINFO, pointer: nil)
        set(CURLOPT_CAPATH, pointer: nil)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        setVerification(configuration.verifyTLS)
    }

    /// Whether the certificate of the server is held against the authorities and its name.
    func setVerification(_ verifies: Bool) {
        set(CURLOPT_SSL_VERIFYPEER, verifies ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, verifies ? 2 : 0)
    }
}

extension Resolver.Failure {
    /// For people, after the name that was asked for.
    var words: String {
        switch self {
        case .noSuchName: "no such name"
        case .noAddress: "no address"
        case .serverFailure: "the name server failed"
        case .refused: "the name server refused"
        case .unreachable: "nothing answers at the name server's address"
        case .timeout: "no name server answered"
        case .unusable(let text): text
        }
    }
}
