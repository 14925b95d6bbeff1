package import Domain
package import HTTPCheck
package import Storage

extension CheckSpec {
    /// An HTTP check of a URL.
    package static func http(_ url: String, _ change: (inout HTTPSettings.Options) -> Void = { _ in }) -> CheckSpec {
        var options = HTTPSettings.Options()
        change(&options)
        return CheckSpec(HTTPSettings(url: url, options: options))
    }

    /// The settings of an HTTP check; default settings for another kind.
    package var http: HTTPSettings {
        get { settings(of: HTTPKind.self) ?? HTTPKind.blank }
        set { settings = newValue }
    }
}

extension CheckSettingsColumn {
    /// Only HTTP checks, with secrets in clear text.
    package static let forTests = CheckSettingsColumn(kinds: CheckKinds([HTTPKind.self]), seal: nil)
}
