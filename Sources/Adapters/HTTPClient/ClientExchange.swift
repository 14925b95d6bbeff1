import Base
import CCurl
import Glibc
import Runtime

/// One request of the client, from resolving to the whole response.
final class ClientExchange: EngineExchange, CurlTransferOwner {
    private unowned let engine: ClientEngine
    private let request: HTTPClientRequest
    private let easy: CurlEasy
    private let callbacks = CurlCallbacks()
    private var completion: ((Result<HTTPClientResponse, HTTPClientError>) -> Void)?
    private var timer: TimerToken?
    private var lookup: Resolver.Lookup?
    private var addresses: [IPAddress] = []
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var connectList: UnsafeMutablePointer<curl_slist>?
    private var headers: [(name: String, value: String)] = []
    private var headerBytes = 0
    private var body: [UInt8] = []
    /// Whether a connection was opened, so that no kept one serves the request.
    private var hasOpened = false
    private var isRepeated = false
    private var isTooLarge = false
    private var isCut = false
    private var refusal: String?
    private static let headerLimit = 100_000

    init(
        _ engine: ClientEngine,
        _ request: HTTPClientRequest,
        _ easy: CurlEasy,
        completion: @escaping (Result<HTTPClientResponse, HTTPClientError>) -> Void
    ) {
        (self.engine, self.request, self.easy, self.completion) = (engine, request, easy, completion)
    }

    deinit {
        curl_slist_free_all(headerList)
        curl_slist_free_all(connectList)
    }

    func start() {
        guard let target = HTTPTarget(request.url) else {
            return finish(.failure(.invalidRequest("the URL is malformed")))
        }
        for field in request.headers where !Self.isField(field.name, field.value) {
            return finish(.failure(.invalidRequest("a header field holds characters that are not allowed")))
        }
        guard !request.method.isEmpty, request.method.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            return finish(.failure(.invalidRequest("the method is not a token")))
        }
        timer = engine.loop.arm(at: .now + request.timeout) { [unowned self] in
            timer = nil
            finish(.failure(.timeout))
        }
        lookup = engine.resolve(target.host) { [unowned self] result in
            lookup = nil
            switch result {
            case .success(let found):
                addresses = found
                connect(target)
            case .failure(let error): finish(.failure(error))
            }
        }
    }

    private static func isField(_ name: String, _ value: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
            && value.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
    }

    func cancel() { finish(.failure(.cancelled)) }

    // MARK: Connecting

    private func connect(_ target: HTTPTarget) {
        let file = request.caFile ?? engine.configuration.caFile
        let verifies = request.verifiesTLS ?? engine.configuration.verifyTLS
        if target.isSecure, verifies || request.caFile != nil, engine.trust.store(caFile: file) == nil {
            let fault = TrustStore.fault(caFile: file) ?? "the CA file \(file) cannot be read"
            return finish(.failure(.transport(fault)))
        }
        prepare(target)
        guard let multi = engine.multi, multi.add(easy, owner: self) else {
            return finish(.failure(.transport("libcurl refused the transfer")))
        }
    }

    private func prepare(_ target: HTTPTarget) {
        easy.reset()
        easy.set(CURLOPT_URL, request.url)
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        easy.setCommon(engine.configuration)
        if let verifies = request.verifiesTLS { easy.setVerification(verifies) }
        if isRepeated { easy.set(CURLOPT_FRESH_CONNECT, 1) }
        easy.set(CURLOPT_ACCEPT_ENCODING, "")
        easy.set(CURLOPT_USERAGENT, engine.configuration.userAgent)
        if target.address == nil, let address = addresses.first {
            curl_slist_free_all(connectList)
            connectList = curl_slist_append(nil, "::\(address.urlText):")
            easy.set(CURLOPT_CONNECT_TO, pointer: connectList)
        }
        if let body = request.body { body.withUnsafeBytes(easy.setBody) }
        if request.method == "HEAD" {
            easy.set(CURLOPT_NOBODY, 1)
        } else {
            easy.set(CURLOPT_CUSTOMREQUEST, request.method)
        }
        setHeaders()
        setCallbacks()
    }

    private func setHeaders() {
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if request.body != nil {
            if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                lines.append("Content-Type:")
            }
            lines.append("Expect:")
        }
        curl_slist_free_all(headerList)
        headerList = nil
        for line in lines { headerList = curl_slist_append(headerList, line) ?? headerList }
        easy.set(CURLOPT_HTTPHEADER, pointer: headerList)
    }

    private func setCallbacks() {
        callbacks.onHeader = { [unowned self] in takeHeader($0) }
        callbacks.onBody = { [unowned self] in takeBody($0) }
        callbacks.onSocket = { [unowned self] in
            hasOpened = true
            return engine.configuration.openSocket($0, refusal: &refusal)
        }
        callbacks.onContext = { [unowned self] in engine.useTrust($0, caFile: request.caFile) }
        callbacks.attach(to: easy)
    }

    // MARK: Response

    private func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.headerLimit else {
            isTooLarge = true
            return false
        }
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            headers = []
        } else if let colon = text.firstIndex(of: ":") {
            headers.append((String(text[..<colon]), Self.trimmed(text[text.index(after: colon)...])))
        }
        return true
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.utf8.drop { $0 <= 32 }
        var value = Substring(start)
        while let last = value.utf8.last, last <= 32 { value.removeLast() }
        return String(value)
    }

    private func takeBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        let room = request.maximumBody - body.count
        if piece.count <= room || request.cutsBody { body.append(contentsOf: piece.prefix(room)) }
        if piece.count > room { (isTooLarge, isCut) = (!request.cutsBody, request.cutsBody) }
        return piece.count <= room
    }

    func transferFinished(_ code: CURLcode) {
        if code == CURLE_OK || isCut {
            let status = easy.number(CURLINFO_RESPONSE_CODE)
            if status == 408, !hasOpened, !isRepeated, let target = HTTPTarget(request.url) {
                return repeatAnew(target)
            }
            return finish(.success(HTTPClientResponse(status: status, headers: headers, body: body)))
        }
        if let refusal { return finish(.failure(.blocked(refusal))) }
        if isTooLarge { return finish(.failure(.bodyTooLarge)) }
        if code == CURLE_COULDNT_CONNECT, addresses.count > 1, let target = HTTPTarget(request.url) {
            addresses.removeFirst()
            return connect(target)
        }
        let detail = easy.message.isEmpty ? String(cString: curl_easy_strerror(code)) : easy.message
        finish(.failure(.transport(detail)))
    }

    /// Sends the request over a new connection: the kept one was timed out by the server before the request came.
    private func repeatAnew(_ target: HTTPTarget) {
        isRepeated = true
        (headers, headerBytes, body) = ([], 0, [])
        connect(target)
    }

    /// Ends the exchange; may be called twice.
    private func finish(_ result: Result<HTTPClientResponse, HTTPClientError>) {
        guard let completion else { return }
        self.completion = nil
        if let timer { engine.loop.cancel(timer) }
        timer = nil
        lookup?.cancel()
        engine.multi?.remove(easy)
        completion(result)
    }
}
