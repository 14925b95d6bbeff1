import Base
import Domain
import Notify

/// Applies the members of a validated body to a channel.
struct ChannelReader {
    let catalog: ProviderCatalog

    /// A channel with the members of a checked body taken over; throws 422 with every fault.
    func channel(_ body: JSONValue, over old: Channel, stored: Channel?) throws(APIProblem) -> Channel {
        var channel = try Channel.fields().taking(body, over: old)
        var issues: [ValidationIssue] = []
        if body["settings"] != nil { restoreSecrets(of: &channel, stored, &issues) }
        let settings = ChannelSettings(kind: channel.kind, values: channel.settings)
        let kept =
            stored?.kind == channel.kind
            ? (stored?.settings ?? [:]).filter { settings.values[$0.key] == $0.value } : [:]
        for fault in catalog.validate(settings, passingOver: Set(kept.keys)) {
            let path: [ValidationIssue.Step] =
                fault.field == "kind" ? ["body", "kind"] : ["body", "settings", .key(fault.field)]
            // A masked secret that could not be kept is reported only once.
            if !issues.contains(where: { $0.location == path }) {
                let isSentence = fault.message.hasPrefix("unknown ")
                issues.append(.value(isSentence ? fault.message : "\(fault.field) \(fault.message)", at: path))
            }
        }
        guard issues.isEmpty else { throw APIProblem(issues) }
        channel.fault = nil
        return channel
    }

    /// Throws 422 for a new file of authorities that is not a readable file of certificates.
    ///
    /// All such faults have the same words, so that nobody learns what other files there are, or hold.
    func checkFiles(of channel: Channel, stored: Channel?) async throws(APIProblem) {
        var issues: [ValidationIssue] = []
        for setting in catalog[channel.kind]?.settings ?? [] where setting.format == .path {
            let path = channel.settings[setting.name] ?? ""
            if path.isEmpty || path == stored?.settings[setting.name] { continue }
            if await AuthorityFiles.shared.holdsCertificate(path) { continue }
            let words = "\(setting.name) is not a file of PEM certificates that this server can read"
            issues.append(.value(words, at: ["body", "settings", .key(setting.name)]))
        }
        guard issues.isEmpty else { throw APIProblem(issues) }
    }

    /// Takes secrets that were sent back masked from the stored channel.
    private func restoreSecrets(of channel: inout Channel, _ stored: Channel?, _ issues: inout [ValidationIssue]) {
        let settings = catalog[channel.kind]?.settings ?? []
        var values = channel.settings
        // Who redirects a channel must know its secrets: else a changed address would get them sent to it.
        let places: Set<ProviderSetting.Format> = [.url, .host, .integer, .path]
        let isMoved = settings.contains { setting in
            guard places.contains(setting.format) || setting.name == "verify_tls" else { return false }
            let (new, old) = (values[setting.name], stored?.settings[setting.name])
            guard setting.isSecret else { return new ?? setting.fallback != old ?? setting.fallback }
            // The path of an address may be secret, and may change; its host decides who learns the others.
            return setting.format == .url && new != SecretMask.text && !Self.haveOneOrigin(new, old)
        }
        // What the kind does not have here may be secret too.
        let unknown = catalog.unknownSettings(of: ChannelSettings(kind: channel.kind, values: stored?.settings ?? [:]))
        for name in settings.filter(\.isSecret).map(\.name) + unknown where values[name] == SecretMask.text {
            let path: [ValidationIssue.Step] = ["body", "settings", .key(name)]
            if let kept = stored?.settings[name], stored?.kind == channel.kind, !isMoved {
                values[name] = kept
            } else if isMoved, stored != nil {
                issues.append(
                    .value("give the secret again, or null for none: where it is sent to has changed", at: path)
                )
            } else {
                issues.append(.value("\(SecretMask.text) keeps a stored value, and there is none", at: path))
            }
        }
        channel.settings = values
    }

    /// Whether two addresses lead to the same scheme, host and port; also when neither is given.
    private static func haveOneOrigin(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return one == other }
        guard let one = try? TargetURL(one), let other = try? TargetURL(other) else { return one == other }
        return one.scheme == other.scheme && one.authority == other.authority
    }
}
