import HTTPClient

/// The parsed settings of an e-mail channel.
struct MailSettings {
    let host: String
    let port: UInt16
    let security: MailTransfer.Security
    let login: (user: String, password: String)?
    let helo: String
    let from: MailAddress
    let to: [MailAddress]

    /// `values` holds every setting, with defaults filled in; throws the errors of one or two settings.
    init(_ values: [String: String]) throws(ChannelError) {
        func value(_ name: String) -> String { values[name] ?? "" }
        guard let port = UInt16(value("port")), port > 0 else {
            throw ChannelError(faults: [ChannelSettingsError("port", "is a number from 1 to 65535")])
        }
        guard let from = MailAddress(value("from")) else {
            throw ChannelError(faults: [ChannelSettingsError("from", "is not an e-mail address")])
        }
        guard let to = MailAddress.list(value("to")) else {
            throw ChannelError(faults: [ChannelSettingsError("to", "is not a list of at most 50 e-mail addresses")])
        }
        let security: MailTransfer.Security =
            switch value("security") {
            case "tls": .tls
            case "optional": .optional
            case "none": .none
            case "starttls": .starttls
            // TLS is required when a password is sent; otherwise it depends on the server, so that a plain relay works
            // as well.
            default: port == 465 ? .tls : value("password").isEmpty ? .optional : .starttls
            }
        guard value("user").isEmpty == value("password").isEmpty else {
            let missing = value("user").isEmpty ? "user" : "password"
            throw ChannelError(faults: [ChannelSettingsError(missing, "is missing: user and password go together")])
        }
        guard security != .optional || value("user").isEmpty else {
            let fault = "must not be 'optional' with a password, which could then go over the network in the clear"
            throw ChannelError(faults: [ChannelSettingsError("security", fault)])
        }
        host = (try? InternationalName.ascii(value("host"))) ?? value("host")
        (self.port, self.security, self.from, self.to) = (port, security, from, to)
        login = value("user").isEmpty ? nil : (value("user"), value("password"))
        let domain = from.address.split(separator: "@").last.map(String.init) ?? "localhost"
        helo = value("helo").isEmpty ? domain : (try? InternationalName.ascii(value("helo"))) ?? value("helo")
    }
}
