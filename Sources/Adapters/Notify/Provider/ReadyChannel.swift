import Base
import Domain
import YAMLConfig

/// A channel's settings cannot be used.
struct ChannelError: Error { let faults: [ChannelSettingsError] }

/// A channel with defaults filled in and its own templates parsed.
struct ReadyChannel: Sendable {
    let provider: Provider
    /// Every setting of the provider; empty for none.
    let values: [String: String]
    let templates: ChannelTemplates

    init(_ provider: Provider, _ channel: ChannelSettings) throws(ChannelError) {
        self.provider = provider
        var values: [String: String] = [:]
        var templates = ChannelTemplates()
        var faults: [ChannelSettingsError] = []
        for setting in provider.settings {
            let own = channel.values[setting.name] ?? ""
            let value = own.isEmpty ? setting.fallback ?? "" : own
            values[setting.name] = value
            guard !value.isEmpty else { continue }
            switch setting.format {
            case .template:
                do throws(TemplateError) {
                    let escape = setting.escape ?? provider.escape
                    templates.texts[setting.name] = try Template(value, scope: provider.scope, escape: escape)
                } catch {
                    faults.append(ChannelSettingsError(setting.name, error.description))
                }
            case .body:
                do throws(PlacedError) {
                    templates.bodies[setting.name] = try Self.body(value, provider)
                } catch {
                    let place = "line \(error.place.line), column \(error.place.column)"
                    faults.append(ChannelSettingsError(setting.name, "\(place): \(error.reason)"))
                }
            default: continue
            }
        }
        guard faults.isEmpty else { throw ChannelError(faults: faults) }
        (self.values, self.templates) = (values, templates)
    }

    private static func body(_ text: String, _ provider: Provider) throws(PlacedError) -> BodyNode {
        let node: YAMLNode?
        do throws(YAMLError) {
            node = try YAMLNode.read(Array(text.utf8))
        } catch {
            throw PlacedError(YAMLPlace(line: error.line, column: 1), error.reason)
        }
        var parser = BodyParser(scope: provider.scope, escape: provider.escape)
        return try parser.node(node ?? .scalar("", isPlain: true, at: YAMLPlace(line: 1, column: 1)))
    }

    /// Path of the PEM file with the authorities for the receiver's certificate; nil uses the default.
    var caFile: String? { values[ProviderSetting.caFile.name].flatMap { $0.isEmpty ? nil : $0 } }
    /// Whether the receiver's certificate is verified; nil uses the default.
    var verifiesTLS: Bool? { values[ProviderSetting.verifyTLS.name].flatMap(Bool.init) }

    /// The values of a message for the provider's own templates.
    func templateValues(
        _ message: AlertMessage,
        _ size: MessageSize,
        isPlain: Bool = false
    ) -> [String: TemplateValue] {
        var found = MessageValues.values(message, size, isPlain: isPlain)
        found["settings"] = .record(values.mapValues { .text($0) })
        return found
    }

    /// The error of a template that is too long even for a message with one short item.
    var sizeFault: ChannelSettingsError? {
        guard let name = templates.texts.keys.sorted().first ?? templates.bodies.keys.sorted().first else { return nil }
        var item = AlertMessage.Item(
            event: .firing,
            key: "k",
            subject: "s",
            target: "t",
            severity: .critical,
            text: "x",
            since: Timestamp(milliseconds: 0)
        )
        item.reason = "r"
        let message = AlertMessage(id: "id", items: [item], createdAt: Timestamp(milliseconds: 0))
        let smallest = provider.limits.size.steps.last ?? MessageSize()
        return RequestBuilder(self).fits(message, smallest)
            ? nil : ChannelSettingsError(name, "renders more than can be sent")
    }
}
