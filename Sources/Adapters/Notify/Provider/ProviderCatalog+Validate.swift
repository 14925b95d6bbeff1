extension ProviderCatalog {
    /// Every error in a channel's settings; a channel without errors can be used.
    package func validate(_ channel: ChannelSettings) -> [ChannelFault] {
        guard let provider = self[channel.kind] else {
            return [ChannelFault("kind", unknown("kind", channel.kind, among: providers.map(\.kind)))]
        }
        var faults: [ChannelFault] = []
        let names = provider.settings.map(\.name)
        for name in channel.values.keys.sorted() where !names.contains(name) {
            faults.append(ChannelFault(name, unknown("setting", name, among: names)))
        }
        for setting in provider.settings {
            let value = channel.values[setting.name] ?? ""
            if value.isEmpty {
                if setting.isRequired, setting.fallback == nil {
                    faults.append(ChannelFault(setting.name, "is missing"))
                }
            } else if let fault = setting.fault(in: value) {
                faults.append(ChannelFault(setting.name, fault))
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
