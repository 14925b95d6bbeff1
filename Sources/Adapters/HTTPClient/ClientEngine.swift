import Base
import CCurl
import COpenSSL
import Glibc
import Runtime

/// An operation of the engine.
protocol EngineExchange: AnyObject {
    /// Starts the operation; it may end before this returns.
    func start()
    /// Ends the operation as cancelled, unless it has ended.
    func cancel()
}

/// The state shared by a client's requests, confined to its loop.
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

    /// Resolves a host; the completion is called once, possibly before this returns.
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

    /// The known addresses of a host; nil when it cannot be resolved, after calling the completion.
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

    /// Makes a TLS connection trust the configured authorities.
    func useTrust(_ context: OpaquePointer, caFile: String? = nil) {
        if let store = trust.store(caFile: caFile ?? configuration.caFile) {
            SSL_CTX_set1_cert_store(context, store)
        } else {
            // Nobody, rather than the authorities that libcurl was built with.
            SSL_CTX_set_cert_store(context, X509_STORE_new())
        }
    }
}

extension HTTPClientConfiguration {
    /// Opens a socket to an allowed address; -1 and the reason for any other.
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
    /// Sets the options that all transfers of a client share.
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

    /// Sets whether the server's certificate is verified against the authorities and its name.
    func setVerification(_ verifies: Bool) {
        set(CURLOPT_SSL_VERIFYPEER, verifies ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, verifies ? 2 : 0)
    }
}

extension Resolver.LookupError {
    /// Completes a sentence that begins with the host's name.
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
