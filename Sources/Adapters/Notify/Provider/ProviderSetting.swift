import Base
import HTTPClient

/// One setting of a kind of channel: its name, its format and whether it may be shown.
package struct ProviderSetting: Sendable, Equatable {
    /// The format of the value.
    package enum Format: String, Sendable, CaseIterable {
        case text
        /// A word of printable ASCII without spaces and without characters that are special in URLs: a key, an
        /// identifier.
        case token
        /// `http` or `https`, without user name or password.
        case url
        case integer
        case email
        /// A comma-separated list of addresses.
        case emails
        /// A host name or address.
        case host
        case flag
        /// The absolute path of a file on this machine.
        case path
        /// One of `choices`.
        case choice
        /// Lines of `Name: value`.
        case headers
        /// A template over the parts of a message.
        case template
        /// A JSON or YAML structure with templates in its texts.
        case body
    }

    package var name: String
    package var isRequired = false
    /// Whether it is never shown again after it was saved.
    package var isSecret = false
    /// The default for a missing value.
    package var fallback: String?
    package var format = Format.text
    /// The only values of a `.choice`.
    package var choices: [String] = []
    /// One or two sentences for people.
    package var help = ""
    /// How values are escaped in a `.template`; nil uses the provider's escape.
    package var escape: Escape?

    package init(name: String) { self.name = name }
}

extension ProviderSetting {
    /// The settings that every kind has beside those in its file.
    static let common = [caFile, verifyTLS]
    static let caFile: ProviderSetting = {
        var setting = ProviderSetting(name: "ca_file")
        setting.format = .path
        setting.help = "A PEM file on Sentinel's machine with the authorities to trust in place of the system's."
        return setting
    }()
    static let verifyTLS: ProviderSetting = {
        var setting = ProviderSetting(name: "verify_tls")
        setting.format = .flag
        setting.help = "Whether the receiver's certificate is verified; as alerts.verify_tls says when empty."
        return setting
    }()

    /// The largest value in UTF-8 bytes, except for templates and bodies.
    static let sizeLimit = 4096

    /// Why a non-empty value cannot be used; nil when it can.
    ///
    /// The content of templates and bodies is not checked here.
    func fault(in value: String) -> String? {
        if format == .template || format == .body {
            return value.utf8.count > Template.sizeLimit ? "is larger than \(Template.sizeLimit) bytes" : nil
        }
        guard value.utf8.count <= Self.sizeLimit else { return "is larger than \(Self.sizeLimit) bytes" }
        if format == .headers { return Self.headersFault(value) }
        guard !value.unicodeScalars.contains(where: \.isControl) else { return "holds control characters" }
        switch format {
        case .text, .template, .body, .headers: return nil
        case .token: return Self.isToken(value) ? nil : "holds characters that do not belong there"
        case .url: return Self.urlFault(value)
        case .integer: return Int64(value) == nil ? "is not a whole number" : nil
        case .email: return MailAddress(value) == nil ? "is not an e-mail address" : nil
        case .emails: return MailAddress.list(value) == nil ? "is not a list of at most 50 e-mail addresses" : nil
        case .host: return Self.hostFault(value)
        case .flag: return ["true", "false"].contains(value) ? nil : "is true or false"
        case .path: return value.hasPrefix("/") ? nil : "is not the absolute path of a file"
        case .choice: return choices.contains(value) ? nil : "is one of \(choices.joined(separator: ", "))"
        }
    }

    private static func isToken(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"\"'/?#\\%<>{}".utf8.contains($0) }
    }

    private static func hostFault(_ value: String) -> String? {
        if isHost(value) { return nil }
        let bare = value.hasPrefix("[") && value.hasSuffix("]") ? String(value.dropFirst().dropLast()) : value
        if bare.contains(":"), let zone = bare.firstIndex(of: "%"), IPAddress(String(bare[..<zone])) != nil {
            return "is an IPv6 address with a zone, which cannot be used: give an address without one, or a name"
        }
        return "is not the name or address of a machine"
    }

    private static func isHost(_ value: String) -> Bool {
        guard IPAddress(value) == nil else { return true }
        guard let name = try? InternationalName.ascii(value) else { return false }
        return HTTPTarget("http://\(name)/").map { $0.port == 80 && $0.host == name } ?? false
    }

    private static func urlFault(_ value: String) -> String? {
        guard value.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), HTTPTarget(value) != nil else {
            return "is not an http or https URL"
        }
        guard let url = CurlURL(value), !url.hasUserInfo else { return "must not hold a user name or password" }
        return value.utf8.contains(UInt8(ascii: "#")) ? "must not hold a fragment" : nil
    }

    private static func headersFault(_ value: String) -> String? {
        guard let fields = HeaderLines.fields(value) else { return "is not made of lines like 'Name: value'" }
        guard fields.count <= 20 else { return "holds more than 20 fields" }
        let taken = ["host", "content-length", "transfer-encoding", "connection", "expect", "idempotency-key"]
        guard let bad = fields.first(where: { taken.contains($0.name.lowercased()) }) else { return nil }
        return "must not set '\(bad.name)'"
    }
}

/// Header fields, one a line.
enum HeaderLines {
    /// nil when a line is not a header field; empty lines are ignored.
    static func fields(_ text: String) -> [(name: String, value: String)]? {
        var fields: [(name: String, value: String)] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0]
            let marks = "!#$%&'*+-.^_`|~".utf8
            let isToken = name.utf8.allSatisfy { byte in
                (byte | 32) &- 97 < 26 || byte &- 48 <= 9 || marks.contains(byte)
            }
            guard parts.count == 2, !name.isEmpty, isToken else { return nil }
            let value = parts[1].drop { $0 == " " }
            guard !value.unicodeScalars.contains(where: \.isControl) else { return nil }
            fields.append((String(name), String(value)))
        }
        return fields
    }
}
