extension ProviderCatalog {
    /// The settings of a channel that its kind does not have here: a newer file of the kind has them.
    package func unknownSettings(of channel: ChannelSettings) -> [String] {
        guard let provider = self[channel.kind] else { return [] }
        let names = Set(provider.settings.map(\.name))
        return channel.values.keys.filter { !names.contains($0) }.sorted()
    }

    /// Every error in a channel's settings; a channel without errors can be used.
    ///
    /// Settings that the kind does not have are no error where they are among `kept`.
    package func validate(_ channel: ChannelSettings, passingOver kept: Set<String> = []) -> [ChannelSettingsError] {
        guard let provider = self[channel.kind] else {
            return [ChannelSettingsError("kind", unknown("kind", channel.kind, among: providers.map(\.kind)))]
        }
        var faults: [ChannelSettingsError] = []
        let names = provider.settings.map(\.name)
        for name in unknownSettings(of: channel) where !kept.contains(name) {
            faults.append(ChannelSettingsError(name, unknown("setting", name, among: names)))
        }
        for setting in provider.settings {
            let value = channel.values[setting.name] ?? ""
            if value.isEmpty {
                if setting.isRequired, setting.fallback == nil {
                    faults.append(ChannelSettingsError(setting.name, "is missing"))
                }
            } else if let fault = setting.fault(in: value) {
                faults.append(ChannelSettingsError(setting.name, fault))
            }
        }
        if faults.isEmpty {
            do throws(ChannelError) {
                let ready = try ReadyChannel(provider, channel)
                if case .mail = provider.delivery { _ = try MailSettings(ready.values) }
                if let fault = ready.sizeFault { faults.append(fault) }
            } catch {
                faults = error.faults
            }
        }
        return faults
    }
}
