import Arguments
import Base
import Domain
import Glibc

extension CheckOptions {
    /// The check that a command line describes; reads small files, so blocks.
    static func spec(_ invocation: Invocation, _ context: CommandContext) throws -> HTTPSpec {
        var options = HTTPSpec.Options()
        options.body = invocation[body]
        options.method = invocation[method] ?? (options.body == nil ? "GET" : "POST")
        options.headers = invocation[header]
        options.expectedStatus = invocation[expect] ?? .standard
        options.timeout = invocation[timeout] ?? MonitorLimits.defaultTimeout
        options.connectTimeout = invocation[connectTimeout]
        options.resolve = invocation[resolve]
        options.resolver = invocation[resolver]
        options.ipVersion = invocation[ipVersion] ?? .any
        options.httpVersion = invocation[httpVersion] ?? .automatic
        options.keyword = try keyword(invocation, keyword)
        options.forbiddenKeyword = try keyword(invocation, forbiddenKeyword)
        options.maximumBody = invocation[maximumBody] ?? MonitorLimits.defaultMaximumBody
        options.userAgent = invocation[userAgent]
        options.proxy = invocation[proxy]
        options.verifyTLS = !invocation[insecure]
        options.maximumRedirects = try redirects(invocation)
        if invocation[clientKey] != nil, invocation[clientCertificate] == nil {
            throw UsageError.other("--client-key needs --client-cert")
        }
        options.caFile = try pemFile(caFile, invocation)
        options.clientCertificate = try pemFile(clientCertificate, invocation)
        options.clientKey = try pemFile(clientKey, invocation)
        options.authentication = try authentication(invocation, context)
        guard let target = invocation[url].first else { throw UsageError.missingArgument(url.spec.name) }
        return HTTPSpec(url: try normalized(target), options: options)
    }

    /// The URL in normal form; what is wrong with it is said without repeating what may hold a password.
    private static func normalized(_ text: String) throws(UsageError) -> String {
        do throws(TargetURL.Fault) {
            return try TargetURL(text, defaultScheme: "https").description
        } catch {
            throw .other("\(url.spec.name): \(error)")
        }
    }

    private static func keyword(_ invocation: Invocation, _ option: Option<String>) throws(UsageError) -> String? {
        guard let text = invocation[option] else { return nil }
        guard !text.isEmpty else { throw .other("--\(option.spec.name) needs a text that is not empty") }
        return text
    }

    private static func redirects(_ invocation: Invocation) throws(UsageError) -> Int? {
        let maximum = invocation[maximumRedirects]
        guard invocation[noFollow] else { return maximum ?? MonitorLimits.defaultRedirects }
        if invocation[follow] { throw .other("--follow-redirects and --no-follow-redirects exclude each other") }
        if maximum != nil { throw .other("--max-redirects and --no-follow-redirects exclude each other") }
        return nil
    }

    /// The path of a file that can be read now and holds something in PEM.
    private static func pemFile(_ option: Option<String>, _ invocation: Invocation) throws -> String? {
        guard let path = invocation[option] else { return nil }
        let name = "--\(option.spec.name): \(path)"
        guard access(path, R_OK) == 0 else { throw UsageError.other("\(name): \(String(cString: strerror(errno)))") }
        guard let bytes = try SmallFile.read(path, limit: 16 << 20),
            bytes.firstRange(of: Array("-----BEGIN ".utf8)) != nil
        else { throw UsageError.other("\(name) holds no PEM block (-----BEGIN ...)") }
        return path
    }

    /// Flags count over variables.
    private static func authentication(
        _ invocation: Invocation,
        _ context: CommandContext
    ) throws -> HTTPSpec.Authentication? {
        let (givesBasic, givesBearer) = (invocation[basic] != nil, invocation[bearer] != nil)
        if givesBasic, givesBearer { throw UsageError.other("--basic and --bearer exclude each other") }
        if let text = invocation[bearer] { return try bearerToken(secret(text, "--bearer"), "--bearer") }
        if let text = invocation[basic] { return try basicPair(secret(text, "--basic"), "--basic") }
        let variables = (context.variable("SENTINEL_BASIC"), context.variable("SENTINEL_BEARER"))
        switch variables {
        case (nil, nil): return nil
        case (let text?, nil): return try basicPair(secret(text, "SENTINEL_BASIC"), "SENTINEL_BASIC")
        case (nil, let text?): return try bearerToken(secret(text, "SENTINEL_BEARER"), "SENTINEL_BEARER")
        case (.some, .some): throw UsageError.other("SENTINEL_BASIC and SENTINEL_BEARER exclude each other")
        }
    }

    /// The text itself, or the first line of the file that `@FILE` names.
    private static func secret(_ text: String, _ name: String) throws -> String {
        guard text.hasPrefix("@") else { return text }
        let path = String(text.dropFirst())
        guard let bytes = try SmallFile.read(path, limit: 16_384) else {
            throw UsageError.other("\(name): \(path): No such file or directory")
        }
        guard let text = String(validating: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self) else {
            throw UsageError.other("\(name): \(path) is not UTF-8")
        }
        return text
    }

    private static func basicPair(_ text: String, _ name: String) throws(UsageError) -> HTTPSpec.Authentication {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw .other("\(name) must be USER:PASSWORD without control characters, or @FILE")
        }
        return .basic(user: String(parts[0]), password: String(parts[1]))
    }

    private static func bearerToken(_ text: String, _ name: String) throws(UsageError) -> HTTPSpec.Authentication {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw .other("\(name) must be a token of visible ASCII characters, or @FILE")
        }
        return .bearer(token: text)
    }
}
