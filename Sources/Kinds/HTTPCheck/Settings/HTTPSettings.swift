import Base
import Checks

/// The settings of one HTTP check and its expectations; everything that a worker needs.
///
/// Most monitors differ only in their URL, so all other settings share one copy-on-write `Options` value.
package struct HTTPSettings: CheckSettings {
    package typealias Kind = HTTPKind
    /// As written by people: an absolute http or https URL.
    package var url: String
    private var storage: SharedOptions

    /// Options shared by specs; reading one option copies nothing else.
    package final class SharedOptions: Sendable {
        package let options: Options
        fileprivate init(_ options: Options) { self.options = options }
        /// The default options.
        package static let standard = SharedOptions(Options())
    }

    package init(url: String, options: Options = Options()) {
        self.url = url
        storage = options == Options() ? .standard : SharedOptions(options)
    }

    package var options: Options {
        get { storage.options }
        set { storage = newValue == Options() ? .standard : SharedOptions(newValue) }
    }

    /// The options without a copy, for frequent reads.
    package var sharedOptions: SharedOptions { storage }

    package static func == (left: HTTPSettings, right: HTTPSettings) -> Bool {
        left.url == right.url && (left.storage === right.storage || left.options == right.options)
    }

    /// All settings except the URL.
    package struct Options: Sendable, Equatable {
        /// An upper-case token.
        package var method = "GET"
        package var headers: [Header] = []
        package var body: String?
        /// Path of a file on the server that holds the body; read for each check.
        package var bodyFile: String?
        /// Sent as `application/x-www-form-urlencoded` in place of a body.
        package var form: [Parameter] = []
        /// Added to the URL's own query.
        package var query: [Parameter] = []
        package var authentication: Authentication?
        package var expectedStatus = StatusSet.standard
        package var followsRedirects = true
        /// The most redirects that are followed.
        package var maximumRedirects = HTTPLimits.redirects.upperBound
        /// The limit for the whole check with its redirects.
        package var timeout = CheckLimits.standardTimeout
        /// The limit for resolving and connecting; nil means only the overall limit.
        package var connectTimeout: Duration?
        package var verifyTLS = true
        /// The oldest accepted TLS version.
        package var minimumTLS = TLSVersion.v12
        /// Path of a PEM file that replaces the system's authorities.
        package var caFile: String?
        /// Paths of PEM files.
        package var clientCertificate: String?
        package var clientKey: String?
        /// The name to send in the TLS handshake and that the certificate must cover; nil uses the Host field's name,
        /// or the URL's.
        package var serverName: String?
        /// `HOST:PORT:ADDRESS`: connect to that address without resolving.
        package var resolve: [ResolveOverride] = []
        /// `ADDRESS:PORT` of the name server; nil uses the system's.
        package var resolver: String?
        /// A URL with `http://`, `https://`, `socks4://`, `socks5://` or `socks5h://`.
        package var proxy: String?
        package var ipVersion = IPVersion.any
        package var httpVersion = HTTPVersion.automatic
        /// A text that the decoded body must contain.
        package var keyword: String?
        /// A text that the decoded body must not contain.
        package var forbiddenKeyword: String?
        /// Whether the case of keywords is ignored.
        package var ignoresKeywordCase = false
        /// Further conditions on the final response; all are checked, in order.
        package var assertions: [HTTPAssertion] = []
        /// The largest decoded body; a larger one fails the check.
        package var maximumBody = HTTPLimits.standardBody
        package var userAgent: String?
        /// Whether an answer must obey HTTP/1.1 strictly where browsers and curl are lenient.
        package var isStrict = false
        /// Whether the check ends as soon as a keyword is found, before the end of the body.
        package var endsAtMatch = false
        /// Whether the connection may be kept for the next check; the phases of a reused connection are null.
        package var reuseConnection = false

        package init() {}

        /// Whether the request has a body from any source.
        package var hasBody: Bool { body != nil || bodyFile != nil || !form.isEmpty }
    }

    /// One request header field.
    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// Whether the check sets the field itself, because it frames the message.
        ///
        /// Includes `Expect`: libcurl would repeat such a request for as long as the answer is 417.
        package var isReserved: Bool { Self.reserved.contains(name.lowercased()) }

        private static let reserved: Set<String> = [
            "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te",
            "trailer", "upgrade", "expect",
        ]

        /// Whether the field's name is that of a credential: never shown, and never sent to another origin.
        package var isSecret: Bool { SecretName.matches(header: name) }
    }

    /// How the request authenticates; secret.
    package enum Authentication: Sendable, Equatable {
        case basic(user: String, password: String)
        /// Proves that the password is known without sending it (RFC 7616).
        case digest(user: String, password: String)
        /// A bearer token that is fetched with a client's own credentials.
        case oauth2(OAuth2Client)
        case bearer(token: String)
    }

    /// The address to use for a name and port.
    package struct ResolveOverride: Sendable, Equatable {
        package var host: String
        package var port: UInt16
        package var address: String
        package init(host: String, port: UInt16, address: String) {
            (self.host, self.port, self.address) = (host, port, address)
        }

        /// Parses `HOST:PORT:ADDRESS`; an IPv6 address may be in brackets.
        package init?(text: String) {
            let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[0].isEmpty, let port = UInt16(parts[1]), port > 0, !parts[2].isEmpty else {
                return nil
            }
            var address = parts[2]
            if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
            self.init(host: parts[0].lowercased(), port: port, address: String(address))
        }

        package var text: String {
            address.contains(":") ? "\(host):\(port):[\(address)]" : "\(host):\(port):\(address)"
        }
    }

    /// The address families to use.
    package enum IPVersion: String, Sendable, CaseIterable { case any, v4 = "4", v6 = "6" }

    /// A TLS version.
    package enum TLSVersion: String, Sendable, CaseIterable {
        case v10 = "1.0"
        case v11 = "1.1"
        case v12 = "1.2"
        case v13 = "1.3"
    }

    /// The HTTP version to use.
    package enum HTTPVersion: String, Sendable, CaseIterable {
        case automatic = "auto"
        case http10 = "1.0"
        case http11 = "1.1"
        case http2 = "2"
        case http2PriorKnowledge = "2-prior-knowledge"
    }
}
