import Base
import CCurl
import Checks
import HTTPClient
import Glibc
import Sockets

extension HTTPCheckRun {
    /// Sets the handle up for this hop; returns an error in the options, for people.
    ///
    /// Most checks only need to set their URL on a handle that the last check left clean.
    func prepare(_ easy: CurlEasy, _ target: HTTPTarget, at address: IPAddress) -> String? {
        if isDirty { makeNew(easy) }
        guard easy.set(CURLOPT_URL, hop.url) == CURLE_OK else { return "the URL is too long" }
        connect(easy, target, at: address)
        applyMethod(easy)
        applyHeaders(easy)
        applyProtocol(easy)
        applyKept(easy)
        return target.isSecure || hop.proxy?.scheme == "https" ? applyTLS(easy, target) : nil
    }

    private func makeNew(_ easy: CurlEasy) {
        easy.reset()
        (isDirty, isPinned) = (false, false)
        easy.set(CURLOPT_NOSIGNAL, 1)
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        // An empty proxy overrides the environment.
        easy.set(CURLOPT_PROXY, "")
        easy.set(CURLOPT_NOPROXY, "")
        easy.set(CURLOPT_HTTP09_ALLOWED, 0)
        easy.set(CURLOPT_FRESH_CONNECT, 1)
        easy.set(CURLOPT_FORBID_REUSE, 1)
        easy.set(CURLOPT_SSL_SESSIONID_CACHE, 0)
        easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // libcurl's DNS cache expires at once: no answer outlives its check, and no table grows.
        easy.set(CURLOPT_DNS_CACHE_TIMEOUT, 0)
        easy.set(CURLOPT_USERAGENT, engine.configuration.userAgent)
        // The authorities come from `TrustStore`, through the context callback.
        easy.set(CURLOPT_CAINFO, pointer: nil)
        easy.set(CURLOPT_CAPATH, pointer: nil)
        easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // Invariant: the check owns the handle and is kept by the engine while the handle runs.
        let me = Unmanaged.passUnretained(self).toOpaque()
        sentinel_easy_set_data_callback(easy.handle, CURLOPT_HEADERFUNCTION, headerArrived)
        easy.set(CURLOPT_HEADERDATA, pointer: me)
        sentinel_easy_set_data_callback(easy.handle, CURLOPT_WRITEFUNCTION, bodyArrived)
        easy.set(CURLOPT_WRITEDATA, pointer: me)
        sentinel_easy_set_open_callback(easy.handle, socketWanted)
        easy.set(CURLOPT_OPENSOCKETDATA, pointer: me)
        sentinel_easy_set_close_callback(easy.handle, socketDone)
        // Invariant: the engine closes the multi handle, and with it every connection, before it goes.
        easy.set(CURLOPT_CLOSESOCKETDATA, pointer: Unmanaged.passUnretained(engine.lastClosed).toOpaque())
        sentinel_easy_set_ssl_callback(easy.handle, contextMade)
        easy.set(CURLOPT_SSL_CTX_DATA, pointer: me)
    }

    /// Pins the connection to an address that we resolved, so that libcurl resolves nothing itself.
    private func connect(_ easy: CurlEasy, _ target: HTTPTarget, at address: IPAddress) {
        var pinned: IPAddress?
        if let proxy = hop.proxy {
            isDirty = true
            easy.set(CURLOPT_PROXY, proxy.url(at: address))
            pinned = hop.targetAddress
        } else if target.address != address {
            pinned = address
        }
        if let pinned {
            curl_slist_free_all(connectList)
            connectList = curl_slist_append(nil, "::\(pinned.urlText):")
            easy.set(CURLOPT_CONNECT_TO, pointer: connectList)
            isPinned = true
        } else if isPinned {
            easy.set(CURLOPT_CONNECT_TO, pointer: nil)
            isPinned = false
        }
    }

    private func applyMethod(_ easy: CurlEasy) {
        guard method != "GET" || sendsBody else { return }
        isDirty = true
        if sendsBody {
            requestBody().withUnsafeBytes { easy.setBody($0) }
        } else if method == "POST" {
            easy.setBody(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        if method == "HEAD" {
            easy.set(CURLOPT_NOBODY, 1)
        } else if method != "POST" {
            easy.set(CURLOPT_CUSTOMREQUEST, method)
        }
    }

    private func applyHeaders(_ easy: CurlEasy) {
        var lines: [String] = []
        if let cookies = cookieLine() { lines.append(cookies) }
        for header in options.headers
        where !(dropsCredentials && (header.isSecret || header.name.lowercased() == "host")) {
            if !cookies.isEmpty, header.name.lowercased() == "cookie" { continue }
            if !sendsBody, options.hasBody, header.name.lowercased().hasPrefix("content-") { continue }
            // Without the semicolon libcurl would remove a field with an empty value.
            lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        if sendsBody || method == "POST" {
            // Prevents a guess at the type and a wait for "100 Continue".
            if !has("content-type") {
                lines.append("Content-Type:\(sendsBody && !options.form.isEmpty ? " \(Self.formType)" : "")")
            }
            if !has("expect") { lines.append("Expect:") }
        }
        if response.keywords != nil, !has("accept-encoding") {
            lines.append("Accept-Encoding: \(ContentCoding.offered)")
        }
        if !dropsCredentials, let authentication = options.authentication {
            switch authentication {
            case .bearer(let token): lines.append("Authorization: Bearer \(token)")
            case .oauth2: if let token { lines.append("Authorization: Bearer \(token)") }
            case .basic(let user, let password):
                isDirty = true
                easy.set(CURLOPT_HTTPAUTH, Int(sentinel_auth_basic))
                easy.set(CURLOPT_USERNAME, user)
                easy.set(CURLOPT_PASSWORD, password)
            case .digest(let user, let password):
                isDirty = true
                easy.set(CURLOPT_HTTPAUTH, Int(sentinel_auth_digest))
                easy.set(CURLOPT_USERNAME, user)
                easy.set(CURLOPT_PASSWORD, password)
            }
        }
        if let agent = options.userAgent {
            isDirty = true
            easy.set(CURLOPT_USERAGENT, agent)
        }
        guard !lines.isEmpty else { return }
        isDirty = true
        curl_slist_free_all(headerList)
        headerList = nil
        for line in lines { headerList = curl_slist_append(headerList, line) ?? headerList }
        easy.set(CURLOPT_HTTPHEADER, pointer: headerList)
    }

    /// The cookies that this check received, after those of the settings; nil when it received none.
    private func cookieLine() -> String? {
        guard !cookies.isEmpty, let target = hop.target else { return nil }
        let own = options.headers.first { $0.name.lowercased() == "cookie" }
        let value = cookies.value(
            for: target,
            path: CookieJar.path(of: hop.url),
            after: dropsCredentials ? "" : own?.value ?? ""
        )
        return value.isEmpty ? nil : "Cookie: \(value)"
    }

    private func has(_ name: String) -> Bool { options.headers.contains { $0.name.lowercased() == name } }

    private func applyProtocol(_ easy: CurlEasy) {
        if let version = Self.curlVersion(options.httpVersion) {
            isDirty = true
            easy.set(CURLOPT_HTTP_VERSION, version)
        }
    }

    /// nil lets libcurl choose: HTTP/2 where TLS negotiates it, otherwise HTTP/1.1.
    private static func curlVersion(_ version: HTTPSettings.HTTPVersion) -> Int? {
        switch version {
        case .automatic: return nil
        case .http10: return CURL_HTTP_VERSION_1_0
        case .http11: return CURL_HTTP_VERSION_1_1
        case .http2: return CURL_HTTP_VERSION_2_0
        case .http2PriorKnowledge: return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
        }
    }

    private func applyKept(_ easy: CurlEasy) {
        guard redirects == 0, let kept else { return }
        isDirty = true
        easy.set(CURLOPT_SHARE, pointer: kept.share)
        easy.set(CURLOPT_FRESH_CONNECT, 0)
        easy.set(CURLOPT_FORBID_REUSE, 0)
    }

    private func applyTLS(_ easy: CurlEasy, _ target: HTTPTarget) -> String? {
        let caFile = options.caFile ?? engine.configuration.caFile
        let crlFile = engine.configuration.crlFile
        if engine.trust.store(caFile: caFile, crlFile: crlFile) == nil, options.verifyTLS {
            return TrustStore.fault(caFile: caFile, crlFile: crlFile) ?? "the CA file \(caFile) cannot be read"
        }
        if redirects == 0, let kept { tls = kept.tls } else if kept != nil { tls = TLSRecord() }
        if !hop.expectsKeptConnection {
            let serverName = ownServerName
            // libcurl compares with the URL's name; `TLSRecord` verifies against the requested name.
            if serverName != nil {
                isDirty = true
                easy.set(CURLOPT_SSL_VERIFYHOST, 0)
            }
            tls.reset(host: target.host, serverName: serverName, verifies: options.verifyTLS)
        }
        if let proxy = hop.proxy, proxy.scheme == "https" {
            proxyTLS.reset(host: IPAddress(proxy.host)?.description ?? proxy.host, verifies: options.verifyTLS)
            easy.set(CURLOPT_PROXY_SSL_VERIFYHOST, 0)
            easy.set(CURLOPT_PROXY_CAINFO, pointer: nil)
            easy.set(CURLOPT_PROXY_CAPATH, pointer: nil)
            if !options.verifyTLS { easy.set(CURLOPT_PROXY_SSL_VERIFYPEER, 0) }
        }
        if !options.verifyTLS {
            isDirty = true
            easy.set(CURLOPT_SSL_VERIFYPEER, 0)
            easy.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if options.minimumTLS != .v12 { applyVersion(easy) }
        for (path, option) in [(options.clientCertificate, CURLOPT_SSLCERT), (options.clientKey, CURLOPT_SSLKEY)] {
            guard let path, !dropsCredentials else { continue }
            guard access(path, R_OK) == 0 else { return "the file \(path) cannot be read" }
            isDirty = true
            easy.set(option, path)
            // Without a pass phrase OpenSSL would ask for it on the terminal, and wait.
            easy.set(CURLOPT_KEYPASSWD, "")
        }
        return nil
    }

    private func applyVersion(_ easy: CurlEasy) {
        isDirty = true
        let version =
            switch options.minimumTLS {
            case .v10: CURL_SSLVERSION_TLSv1_0
            case .v11: CURL_SSLVERSION_TLSv1_1
            case .v12: CURL_SSLVERSION_TLSv1_2
            case .v13: CURL_SSLVERSION_TLSv1_3
            }
        easy.set(CURLOPT_SSLVERSION, Int(version))
        // Versions before 1.2 use signatures that OpenSSL now refuses; certificates still need the usual strength.
        if options.minimumTLS == .v10 || options.minimumTLS == .v11 {
            easy.set(CURLOPT_SSL_CIPHER_LIST, "DEFAULT:@SECLEVEL=0")
        }
    }

    /// The SNI to send in place of the URL's; only to the origin of the settings.
    private var ownServerName: String? {
        if dropsCredentials { return nil }
        if let name = options.serverName { return name }
        guard let host = options.headers.first(where: { $0.name.lowercased() == "host" })?.value else { return nil }
        let name = host.prefix { $0 != ":" }.lowercased()
        return name.isEmpty || host.hasPrefix("[") || IPAddress(name) != nil ? nil : name
    }

    // MARK: Callbacks

    fileprivate func openSocket(_ wanted: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        guard let (address, port) = IPAddress.socketAddress(sentinel_sockaddr(wanted)) else { return -1 }
        hop.peer = (address, port)
        if hop.expectsKeptConnection {
            hop.wasRefusedConnection = true
            return -1
        }
        if let refusal = engine.configuration.addressPolicy.refusal(of: address) {
            hop.refusal = "\(address) is \(refusal)"
            return -1
        }
        let type = wanted.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        let made = socket(wanted.pointee.family, type, wanted.pointee.protocol)
        if made < 0 { hop.socketError = errno }
        hop.socket = made
        if redirects == 0 { kept?.socket = made }
        if made >= 0, options.httpVersion == .http2PriorKnowledge, hop.proxy == nil, hop.target?.isSecure == false {
            let firstBytes = FirstBytes()
            hop.firstBytes = firstBytes
            engine.multi?.keepFirstBytes(of: made, in: firstBytes)
        }
        return made
    }

    fileprivate func useContext(_ context: OpaquePointer) {
        hop.sslContexts += 1
        let caFile = options.caFile ?? engine.configuration.caFile
        let store = engine.trust.store(caFile: caFile, crlFile: engine.configuration.crlFile)
        let isProxy = hop.proxy?.scheme == "https" && hop.sslContexts == 1
        (isProxy ? proxyTLS : tls).attach(to: context, store: store)
    }
}

// Invariant of the callbacks: libcurl calls them only while the handle runs, and the engine keeps the check then.

private let socketWanted: sentinel_open_callback = { raw, _, wanted in
    guard let raw, let wanted else { return -1 }
    // Invariant: the object outlives the handle that calls.
    return Unmanaged<HTTPCheckRun>.fromOpaque(raw).takeUnretainedValue().openSocket(wanted)
}

private let socketDone: sentinel_close_callback = { raw, descriptor in
    guard let raw else { return close(descriptor) }
    // Invariant: the object outlives the multi handle and its connections.
    return Unmanaged<ClosedSocket>.fromOpaque(raw).takeUnretainedValue().close(descriptor)
}

private let contextMade: sentinel_ssl_callback = { _, context, raw in
    guard let raw, let context else { return CURLE_OK }
    // Invariant: the object outlives the handle that calls.
    Unmanaged<HTTPCheckRun>.fromOpaque(raw).takeUnretainedValue().useContext(OpaquePointer(context))
    return CURLE_OK
}

private let headerArrived: sentinel_data_callback = { bytes, size, count, raw in
    guard let raw, let bytes else { return 0 }
    // Invariant: the object outlives the handle that calls.
    let check = Unmanaged<HTTPCheckRun>.fromOpaque(raw).takeUnretainedValue()
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    // The answer to HEAD has a length but no body.
    let limit = check.method == "HEAD" ? Int.max : check.options.maximumBody
    let follows = check.options.followsRedirects
    let wasRedirect = check.response.isRedirect
    guard check.response.takeHeader(line, follows: follows, limit: limit) else { return 0 }
    if check.response.isRedirect, !wasRedirect { check.followSoon() }
    return size * count
}

private let bodyArrived: sentinel_data_callback = { bytes, size, count, raw in
    guard let raw else { return 0 }
    // Invariant: the object outlives the handle that calls.
    let check = Unmanaged<HTTPCheckRun>.fromOpaque(raw).takeUnretainedValue()
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return check.response.takeBody(piece, limit: check.options.maximumBody) ? size * count : 0
}
