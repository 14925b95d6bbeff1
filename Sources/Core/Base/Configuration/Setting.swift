/// One typed setting: its names, its accepted values and its default.
package struct Setting<Value: Sendable>: Sendable {
    package let spec: SettingSpec
    private let fallback: Value
    private let reader: ValueReader<Value>

    /// Declares a setting.
    ///
    /// `name` is its dotted path in a file. The first of the `environment` names that is set counts. `flag` is the
    /// command-line option without its dashes; nil when there is none.
    package init(
        _ name: String,
        environment: [String],
        flag: String? = nil,
        default fallback: Value,
        _ reader: ValueReader<Value>,
        masking: SettingSpec.Masking = .none,
        help: String
    ) {
        (self.fallback, self.reader) = (fallback, reader)
        spec = SettingSpec(
            name: name,
            environment: environment,
            flag: flag,
            placeholder: reader.placeholder,
            expected: reader.expected,
            choices: reader.choices,
            defaultText: reader.write(fallback),
            masking: masking,
            help: help,
            normalized: { text in reader.read(text).map(reader.write) },
            json: { text in reader.json(reader.read(text) ?? fallback) }
        )
    }

    /// The typed value of a text that the specification has accepted.
    package func value(of text: String) -> Value { reader.read(text) ?? fallback }
}

/// A setting without its type: what tables, help texts and documents need.
package struct SettingSpec: Sendable {
    /// How much of a value may be shown.
    package enum Masking: Sendable {
        case none
        /// The whole value is hidden.
        case whole
        /// Only the password of a URL is hidden.
        case urlPassword
    }

    package let name: String
    package let environment: [String]
    package let flag: String?
    package let placeholder: String
    /// Describes an acceptable text, for messages.
    package let expected: String
    /// The texts to choose from, for completion; empty where there are more.
    package let choices: [String]
    package let defaultText: String
    package let masking: Masking
    package let help: String
    /// The canonical form of an acceptable text; nil for every other.
    package let normalized: @Sendable (String) -> String?
    /// The JSON value of an acceptable text.
    package let json: @Sendable (String) -> JSONValue

    /// The text with secrets masked.
    package func shown(_ text: String) -> String {
        switch masking {
        case .none: text
        case .whole: text.isEmpty ? "" : "********"
        case .urlPassword: Self.withoutPassword(text)
        }
    }

    /// `scheme://user:********@host` for `scheme://user:secret@host`, and the same for parameters such as `password`.
    ///
    /// Hides too much rather than too little when the text is not a valid URL.
    private static func withoutPassword(_ url: String) -> String {
        var bytes = Array(url.utf8)
        let hidden = Array("********".utf8)
        let scheme = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        if let at = bytes.lastIndex(of: UInt8(ascii: "@")), scheme < at,
            let separator = bytes[(scheme + 1)..<at].firstIndex(of: UInt8(ascii: ":"))
        {
            bytes.replaceSubrange((separator + 1)..<at, with: hidden)
        }
        let shown = String(decoding: bytes, as: UTF8.self)
        let parts = shown.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return shown }
        let parameters = parts[1].split(separator: "&", omittingEmptySubsequences: false).map { parameter in
            // What has no name may be the rest of a password.
            guard parameter.contains("=") else { return parameter.isEmpty ? "" : "********" }
            let name = parameter.prefix { $0 != "=" }
            // A name may be percent-encoded, too.
            let isSecret = name.lowercased().contains("password") || name.contains("%")
            return isSecret ? "\(name)=********" : String(parameter)
        }
        return parts[0] + "?" + parameters.joined(separator: "&")
    }
}
