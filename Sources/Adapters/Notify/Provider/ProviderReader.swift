import Base
import YAMLConfig

/// Parses a provider file.
struct ProviderReader {
    private var settings: [ProviderSetting] = []
    private var scope: TemplateScope = [:]
    private var escape = Escape.none

    static func read(_ bytes: [UInt8], file: String) throws(ProviderFileError) -> Provider {
        var limits = YAMLNode.Limits()
        limits.depth = 32
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try YAMLNode.read(bytes, limits: limits)
        } catch {
            throw ProviderFileError(file: file, place: YAMLPlace(line: error.line, column: 1), error.reason)
        }
        guard let root else { throw ProviderFileError(file: file, place: nil, "the file is empty") }
        do throws(PlacedError) {
            var reader = ProviderReader()
            return try reader.provider(root)
        } catch {
            throw ProviderFileError(file: file, place: error.place, error.reason)
        }
    }

    private mutating func provider(_ root: YAMLNode) throws(PlacedError) -> Provider {
        var file = try FileMapping(root)
        let kindNode = try file.required("kind")
        let kind = try FileMapping.text(kindNode)
        guard (1...40).contains(kind.utf8.count), kind.utf8.allSatisfy({ $0 &- 97 < 26 || $0 &- 48 <= 9 }) else {
            throw PlacedError(kindNode.place, "'kind' is a word of at most 40 small letters and digits")
        }
        let title = try FileMapping.text(try file.required("title"))
        let help = try file.text("help") ?? ""
        escape = try file.choice("escape", Escape.self) ?? .none
        let isDigest = try file.flag("digest") ?? true
        let isComplete = try file.flag("complete") ?? false
        let limits = try file.node("limits").map(self.limits) ?? ProviderLimits()
        if let node = file.node("settings") { try readSettings(node) }
        for common in ProviderSetting.common where !settings.contains(where: { $0.name == common.name }) {
            settings.append(common)
        }
        scope = isDigest ? MessageValues.digest : MessageValues.single
        scope["settings"] = .record(Dictionary(uniqueKeysWithValues: settings.map { ($0.name, TemplateType.text) }))
        let delivery: Provider.Delivery
        if let mail = file.node("mail") {
            delivery = .mail(try self.mail(mail))
        } else {
            let request = try self.request(try file.required("request"))
            delivery = .http(request, try file.node("response").map(response) ?? ResponseRule())
        }
        try file.finish()
        return Provider(
            kind: kind,
            title: title,
            help: help,
            settings: settings,
            isDigest: isDigest,
            isComplete: isComplete,
            delivery: delivery,
            limits: limits,
            escape: escape
        )
    }

    private func limits(_ node: YAMLNode) throws(PlacedError) -> ProviderLimits {
        var file = try FileMapping(node)
        var limits = ProviderLimits()
        limits.size.items = try file.number("items", 1...100) ?? limits.size.items
        limits.size.facts = try file.number("facts", 0...100) ?? limits.size.facts
        limits.size.value = try file.number("value", 30...20_000) ?? limits.size.value
        limits.text = try file.number("text", 100...1_000_000) ?? limits.text
        limits.bytes = try file.number("bytes", 500...1_000_000) ?? limits.bytes
        try file.finish()
        return limits
    }

    // MARK: Settings

    private mutating func readSettings(_ node: YAMLNode) throws(PlacedError) {
        var file = try FileMapping(node)
        for member in file.all() {
            let isName = member.key.utf8.allSatisfy { $0 &- 97 < 26 || $0 &- 48 <= 9 || $0 == UInt8(ascii: "_") }
            guard (1...40).contains(member.key.utf8.count), isName else {
                throw PlacedError(member.place, "a setting's name is at most 40 small letters, digits and '_'")
            }
            settings.append(try setting(member.key, member.value))
        }
    }

    private func setting(_ name: String, _ node: YAMLNode) throws(PlacedError) -> ProviderSetting {
        var file = try FileMapping(node)
        var setting = ProviderSetting(name: name)
        setting.isRequired = try file.flag("required") ?? false
        setting.isSecret = try file.flag("secret") ?? false
        setting.format = try file.choice("format", ProviderSetting.Format.self) ?? .text
        setting.choices = try file.node("choices").map(FileMapping.texts) ?? []
        setting.help = try file.text("help") ?? ""
        setting.escape = try file.choice("escape", Escape.self)
        let fallback = file.node("default")
        setting.fallback = try fallback.map(FileMapping.text)
        try file.finish()
        if let fallback, let text = setting.fallback, !text.isEmpty, let fault = setting.fault(in: text) {
            throw PlacedError(fallback.place, "the default \(fault)")
        }
        return setting
    }

    // MARK: Request

    private typealias NamedTemplate = (name: String, value: Template)

    private func request(_ node: YAMLNode) throws(PlacedError) -> RequestTemplate {
        var file = try FileMapping(node)
        let method = file.node("method") ?? .scalar("POST", isPlain: true, at: node.place)
        let url = try template(try file.required("url"), .urlencode)
        let query =
            try file.node("query").map { node throws(PlacedError) -> [NamedTemplate] in try templates(node, .urlencode)
            } ?? []
        let headers =
            try file.node("headers").map { node throws(PlacedError) -> [NamedTemplate] in try templates(node, .line) }
            ?? []
        let more = try file.node("more_headers").map { node throws(PlacedError) -> String in
            let name = try FileMapping.text(node)
            let known = settings.filter { $0.format == .headers }.map(\.name)
            guard known.contains(name) else { throw PlacedError(node.place, unknown("setting", name, among: known)) }
            return name
        }
        let authentication = try file.node("authentication").map(authentications) ?? []
        var body = RequestTemplate.Body.none
        if let form = file.node("form") {
            body = .form(try templates(form, .none))
        } else if let node = file.node("body") {
            body = .json(try self.body(node, escape))
        }
        try file.finish()
        return RequestTemplate(
            method: try template(method, .line),
            url: url,
            query: query,
            headers: headers,
            moreHeaders: more,
            authentication: authentication,
            body: body
        )
    }

    private func body(_ node: YAMLNode, _ escape: Escape) throws(PlacedError) -> BodyNode {
        var parser = BodyParser(
            scope: scope,
            escape: escape,
            templates: settings.filter { $0.format == .template }.map(\.name),
            bodies: settings.filter { $0.format == .body }.map(\.name)
        )
        return try parser.node(node)
    }

    private func template(_ node: YAMLNode, _ escape: Escape) throws(PlacedError) -> Template {
        try template(try FileMapping.text(node), node.place, escape)
    }

    private func template(_ text: String, _ place: YAMLPlace, _ escape: Escape) throws(PlacedError) -> Template {
        do {
            return try Template(text, scope: scope, escape: escape)
        } catch {
            throw PlacedError(place, error)
        }
    }

    private func templates(_ node: YAMLNode, _ escape: Escape) throws(PlacedError) -> [NamedTemplate] {
        var file = try FileMapping(node)
        var found: [NamedTemplate] = []
        for member in file.all() { found.append((member.key, try template(member.value, escape))) }
        return found
    }

    private func authentications(_ node: YAMLNode) throws(PlacedError) -> [RequestTemplate.Authentication] {
        guard case .sequence(let nodes, _) = node else { return [try authentication(node)] }
        var found: [RequestTemplate.Authentication] = []
        for node in nodes { found.append(try authentication(node)) }
        return found
    }

    private enum AuthenticationKind: String, CaseIterable { case bearer, basic, header, hmac }

    private func authentication(_ node: YAMLNode) throws(PlacedError) -> RequestTemplate.Authentication {
        var file = try FileMapping(node)
        guard let kind = try file.choice("kind", AuthenticationKind.self) else {
            throw PlacedError(node.place, "'kind' is missing")
        }
        let found: RequestTemplate.Authentication =
            switch kind {
            case .bearer: .bearer(try template(try file.required("token"), .line))
            case .basic:
                .basic(
                    user: try template(try file.required("user"), .none),
                    password: try template(try file.required("password"), .none)
                )
            case .header:
                .header(
                    name: try FileMapping.text(try file.required("name")),
                    try template(try file.required("value"), .line)
                )
            case .hmac:
                .signature(
                    header: try FileMapping.text(try file.required("header")),
                    secret: try template(try file.required("secret"), .none)
                )
            }
        try file.finish()
        return found
    }

    private func mail(_ node: YAMLNode) throws(PlacedError) -> MailTemplate {
        var file = try FileMapping(node)
        let mail = MailTemplate(
            subject: try body(try file.required("subject"), .line),
            text: try body(try file.required("text"), .none),
            html: try body(try file.required("html"), .html)
        )
        try file.finish()
        return mail
    }
}
