import Base
import Domain

/// Reads the members of a checked body into a monitor's settings, noting what does not fit together.
struct MonitorReader {
    let body: JSONValue
    let stored: Monitor?
    var issues: [ValidationIssue] = []

    init(body: JSONValue, stored: Monitor?) { (self.body, self.stored) = (body, stored) }

    func text(_ name: String) -> String? { body[name]?.stringValue }

    /// The value of a member or of its other name; both are allowed when they agree.
    ///
    /// Who sends an answer back with one of them changed means the change: the one that is as stored gives way.
    mutating func synonyms<Value: Equatable>(
        _ name: String,
        _ other: String,
        stored: Value?,
        _ value: (JSONValue) -> Value?
    ) -> Value? {
        let (first, second) = (body[name].flatMap(value), body[other].flatMap(value))
        if let first, let second, first != second {
            if first == stored { return second }
            if second == stored { return first }
            issues.append(.value("\(other) differs from \(name), which means the same", at: ["body", .key(other)]))
        }
        return first ?? second
    }

    /// Sets an optional setting: null clears it, a missing member leaves it.
    func set<Value>(_ target: inout Value?, _ name: String, _ read: (JSONValue) -> Value?) {
        guard let value = body[name] else { return }
        target = value == .null ? nil : read(value)
    }

    func set<Value>(_ target: inout Value, _ name: String, _ read: (JSONValue) -> Value?) {
        if let value = body[name].flatMap(read) { target = value }
    }

    mutating func readRequest(into options: inout HTTPSpec.Options) {
        set(&options.method, "method") { $0.stringValue?.uppercased() }
        set(&options.body, "body", \.stringValue)
        set(&options.userAgent, "user_agent", \.stringValue)
        if case .object(let headers)? = body["headers"] { options.headers = readHeaders(headers) }
        switch body["auth"] {
        case nil: break
        case .null?: options.authentication = nil
        case let value?: options.authentication = readAuthentication(value)
        }
    }

    func readExpectations(into options: inout HTTPSpec.Options) {
        set(&options.expectedStatus, "expected_status") { value in
            value.integerValue.map { StatusSet(Int($0)) } ?? value.stringValue.flatMap(StatusSet.init(text:))
        }
        set(&options.keyword, "keyword", \.stringValue)
        set(&options.forbiddenKeyword, "not_keyword", \.stringValue)
        set(&options.maximumBody, "max_body") { $0.integerValue.map(Int.init) }
        if let limit = body["max_redirects"]?.integerValue { options.maximumRedirects = Int(limit) }
        switch body["follow_redirects"]?.boolValue {
        case false?: options.maximumRedirects = nil
        case true? where options.maximumRedirects == nil: options.maximumRedirects = MonitorLimits.defaultRedirects
        default: break
        }
    }

    mutating func readConnection(into options: inout HTTPSpec.Options) {
        set(&options.timeout, "timeout", Self.seconds)
        set(&options.connectTimeout, "connect_timeout", Self.seconds)
        set(&options.verifyTLS, "verify_tls", \.boolValue)
        set(&options.caFile, "ca_file", \.stringValue)
        set(&options.clientCertificate, "client_cert", \.stringValue)
        set(&options.clientKey, "client_key", \.stringValue)
        set(&options.resolve, "resolve") { value in
            value.arrayValue?.compactMap { $0.stringValue.flatMap(HTTPSpec.ResolveOverride.init(text:)) }
        }
        set(&options.resolver, "resolver", \.stringValue)
        set(&options.proxy, "proxy", \.stringValue)
        set(&options.ipVersion, "ip_version") { $0.stringValue.flatMap(HTTPSpec.IPVersion.init(rawValue:)) }
        set(&options.httpVersion, "http_version") { $0.stringValue.flatMap(HTTPSpec.HTTPVersion.init(rawValue:)) }
        set(&options.reuseConnection, "reuse_connection", \.boolValue)
        if options.clientKey != nil, options.clientCertificate == nil {
            issues.append(.value("client_key needs client_cert", at: ["body", "client_key"]))
        }
    }

    /// To the millisecond.
    static func seconds(_ value: JSONValue) -> Duration? {
        value.doubleValue.map { .milliseconds(Int64(($0 * 1000).rounded())) }
    }

    private mutating func readHeaders(_ headers: JSONObject) -> [HTTPSpec.Header] {
        var names: Set<String> = []
        var read: [HTTPSpec.Header] = []
        for (name, value) in headers.members {
            let location: [ValidationIssue.Step] = ["body", "headers", .key(name)]
            if !names.insert(name.lowercased()).inserted {
                issues.append(.value("the header is given twice", at: location))
            }
            guard let text = value.stringValue else { continue }
            guard text == Secrets.mask, Secrets.isSensitive(header: name) else {
                read.append(HTTPSpec.Header(name: name, value: text))
                continue
            }
            let kept = stored?.spec.options.headers.first { $0.name.lowercased() == name.lowercased() }
            if let kept {
                read.append(HTTPSpec.Header(name: name, value: kept.value))
            } else {
                issues.append(.value("\(Secrets.mask) keeps a stored value, and there is none", at: location))
            }
        }
        return read
    }

    private mutating func readAuthentication(_ value: JSONValue) -> HTTPSpec.Authentication? {
        let stored = stored?.spec.options.authentication
        let user = value["username"]?.stringValue
        let member: ValidationIssue.Step = user == nil ? "token" : "password"
        guard let secret = (value["password"] ?? value["token"])?.stringValue else { return nil }
        switch (user, stored) {
        case (let user?, .basic(_, let password)?) where secret == Secrets.mask:
            return .basic(user: user, password: password)
        case (nil, .bearer(let token)?) where secret == Secrets.mask: return .bearer(token: token)
        case _ where secret == Secrets.mask:
            let message = "\(Secrets.mask) keeps a stored value, and there is none"
            issues.append(.value(message, at: ["body", "auth", member]))
            return nil
        case (let user?, _): return .basic(user: user, password: secret)
        case (nil, _): return .bearer(token: secret)
        }
    }
}
