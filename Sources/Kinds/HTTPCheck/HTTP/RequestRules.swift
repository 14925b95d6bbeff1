import Base
import Checks

/// The rules for requests; a second line of defence behind the validation of monitors.
enum RequestRules {
    /// An error in the options, for people; nil when there is none.
    static func flaw(in options: HTTPSettings.Options) -> String? {
        if options.method != "GET", !isToken(options.method) { return "the method is not a token" }
        for header in options.headers {
            guard isToken(header.name) else { return "a header name holds characters that are not allowed" }
            guard isFieldValue(header.value) else { return "the header \(header.name) holds a line break or NUL" }
        }
        if let agent = options.userAgent, !isFieldValue(agent) { return "the user agent holds a line break or NUL" }
        switch options.authentication {
        case nil: break
        case .basic(let user, let password), .digest(let user, let password):
            guard isFieldValue(user), isFieldValue(password) else { return "the credentials hold a line break or NUL" }
            guard !user.utf8.contains(UInt8(ascii: ":")) else { return "the user name holds a colon" }
        case .bearer(let token):
            guard isFieldValue(token) else { return "the bearer token holds a line break or NUL" }
        case .oauth2: break
        }
        if let proxy = options.proxy, !isFieldValue(proxy) { return "the proxy URL holds a line break or NUL" }
        return nil
    }

    /// A token of RFC 9110 §5.6.2.
    static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isTokenByte) }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }

    private static func isFieldValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
