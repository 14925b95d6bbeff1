import Base
import Checks

/// The request for a token and its response (RFC 6749 §4.4, §5).
enum TokenRequest {
    struct Token {
        let text: String
        /// The lifetime in seconds; nil when the response has none.
        let life: Int64?
    }

    private static let tokenLength = 16_384

    /// The request as a check of its own, with the same connection settings as the check that needs the token.
    static func settings(_ client: OAuth2Client, like other: HTTPSettings.Options) -> HTTPSettings {
        var options = HTTPSettings.Options()
        options.method = "POST"
        options.headers = [HTTPSettings.Header(name: "Accept", value: "application/json")]
        options.form = [HTTPSettings.Parameter(name: "grant_type", value: "client_credentials")]
        if let scope = client.scope { options.form.append(.init(name: "scope", value: scope)) }
        if let audience = client.audience { options.form.append(.init(name: "audience", value: audience)) }
        if client.sendsInBody {
            options.form += [
                .init(name: "client_id", value: client.id), .init(name: "client_secret", value: client.secret),
            ]
        } else {
            options.authentication = .basic(
                user: FormText.encoded(client.id),
                password: FormText.encoded(client.secret)
            )
        }
        options.expectedStatus = StatusSet(text: "100-599") ?? .standard
        options.followsRedirects = false
        options.maximumBody = 1 << 16
        options.timeout = other.timeout
        options.connectTimeout = other.connectTimeout
        (options.verifyTLS, options.caFile, options.minimumTLS) = (other.verifyTLS, other.caFile, other.minimumTLS)
        (options.resolve, options.resolver, options.proxy) = (other.resolve, other.resolver, other.proxy)
        (options.ipVersion, options.userAgent) = (other.ipVersion, other.userAgent)
        return HTTPSettings(url: client.tokenURL, options: options)
    }

    static func answer(_ outcome: Outcome, _ text: CollectedText?) -> Result<Token, TokenError> {
        if let failure = outcome.failure { return fault("could not be asked: \(failure.message)") }
        let body = text.flatMap { try? JSONValue(parsing: $0.bytes) }
        guard outcome.statusCode == 200 else {
            return fault("answered with status \(outcome.statusCode ?? 0)\(error(body))")
        }
        guard let token = body?["access_token"]?.stringValue, !token.isEmpty else {
            return fault("answered without an access_token\(error(body))")
        }
        if let type = body?["token_type"]?.stringValue, type.lowercased() != "bearer" {
            return fault("answered with a token that is not of the type bearer")
        }
        guard token.utf8.count <= tokenLength, token.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            return fault("answered with a token that cannot be sent")
        }
        let life = body?["expires_in"].flatMap { $0.integerValue ?? $0.stringValue.flatMap { Int64($0) } }
        return .success(Token(text: token, life: life.map { max(0, $0) }))
    }

    private static func fault(_ text: String) -> Result<Token, TokenError> {
        .failure(TokenError(text: "the token endpoint \(text)"))
    }

    /// The server's error code; the RFC allows only a few letters, and nothing else is shown.
    private static func error(_ body: JSONValue?) -> String {
        guard let code = body?["error"]?.stringValue, (1...50).contains(code.utf8.count),
            code.utf8.allSatisfy({ ($0 | 32) &- 97 < 26 || $0 == UInt8(ascii: "_") })
        else { return "" }
        return ": \(code)"
    }
}
