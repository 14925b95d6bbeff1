import Base
import Domain
import Notify

/// Applies the members of a validated body to a channel.
struct ChannelReader {
    let catalog: ProviderCatalog

    /// Throws 422 with every fault.
    func apply(_ body: JSONValue, to channel: inout Channel, stored: Channel?) throws(APIProblem) {
        if let name = body["name"]?.stringValue { channel.name = name }
        if let kind = body["kind"]?.stringValue { channel.kind = kind }
        if let flag = body["enabled"]?.boolValue { channel.isEnabled = flag }
        if let flag = body["is_default"]?.boolValue { channel.isDefault = flag }
        if let flag = body["sends_resolved"]?.boolValue { channel.sendsResolved = flag }
        if let rate = body["rate_per_minute"]?.integerValue { channel.ratePerMinute = Int(rate) }
        var issues: [ValidationIssue] = []
        if case .object(let members)? = body["settings"] {
            channel.settings = read(members, channel.kind, stored, &issues)
        }
        for fault in catalog.validate(ChannelSettings(kind: channel.kind, values: channel.settings)) {
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
    }

    private func read(
        _ members: JSONObject,
        _ kind: String,
        _ stored: Channel?,
        _ issues: inout [ValidationIssue]
    ) -> [String: String] {
        let settings = catalog[kind]?.settings ?? []
        var values: [String: String] = [:]
        for (name, value) in members.members {
            switch value {
            case .string(let text): values[name] = text
            case .integer(let number): values[name] = "\(number)"
            case .bool(let flag): values[name] = flag ? "true" : "false"
            default: break
            }
        }
        // Who redirects a channel must know its secrets: else a changed address would get them sent to it.
        let places: Set<ProviderSetting.Format> = [.url, .host, .integer, .path]
        let isMoved = settings.contains { setting in
            (places.contains(setting.format) || setting.name == "verify_tls") && !setting.isSecret
                && values[setting.name] ?? setting.fallback != stored?.settings[setting.name] ?? setting.fallback
        }
        for setting in settings where setting.isSecret && values[setting.name] == SecretMask.text {
            let path: [ValidationIssue.Step] = ["body", "settings", .key(setting.name)]
            if let kept = stored?.settings[setting.name], stored?.kind == kind, !isMoved {
                values[setting.name] = kept
            } else if isMoved, stored != nil {
                issues.append(.value("give the secret again: where it is sent to has changed", at: path))
            } else {
                issues.append(.value("\(SecretMask.text) keeps a stored value, and there is none", at: path))
            }
        }
        return values
    }
}
