import Base
import Domain
import HTTPClient
import Crypto

/// Builds a channel's requests from a message, each within the receiver's limits.
struct RequestBuilder {
    private let channel: ReadyChannel
    /// Whether formatting and links are left out.
    private let isPlain: Bool
    private var provider: Provider { channel.provider }

    init(_ channel: ReadyChannel, isPlain: Bool = false) { (self.channel, self.isPlain) = (channel, isPlain) }

    private var style: BodyRenderer.Style {
        guard provider.escape == .html else { return .text }
        return isPlain ? .plain : .html
    }

    /// One request for all items, or one for each, in the message's order.
    func requests(
        _ message: AlertMessage,
        _ request: RequestTemplate,
        now: Timestamp
    ) -> [HTTPClientRequest] {
        parts(message).map { part in
            let (values, body) = fitted(part, request)
            return self.request(part, request, values, body, now)
        }
    }

    /// The messages to be sent one by one.
    private func parts(_ message: AlertMessage) -> [AlertMessage] {
        if provider.isDigest { return provider.isComplete ? whole(message) : [message] }
        return message.items.enumerated().map { index, item in
            var part = message
            part.items = [item]
            part.omitted = 0
            if message.items.count > 1 { part.id += "-\(index + 1)" }
            return part
        }
    }

    /// As many messages as needed to include every item; each has its own key, which is the same in each try.
    private func whole(_ message: AlertMessage) -> [AlertMessage] {
        // More requests are better than less detail for each item.
        guard message.items.count > 1, !fits(message, provider.limits.size) else { return [message] }
        let middle = message.items.count / 2
        return [message.items[..<middle], message.items[middle...]].enumerated().flatMap { index, items in
            var part = message
            part.items = Array(items)
            part.id += "-\(index + 1)"
            return whole(part)
        }
    }

    // MARK: Fitting

    private typealias Values = [String: TemplateValue]

    private func fitted(_ message: AlertMessage, _ request: RequestTemplate) -> (Values, [UInt8]?) {
        var last: (values: Values, body: [UInt8]?) = ([:], nil)
        for size in provider.limits.size.steps {
            let values = channel.templateValues(message, size, isPlain: isPlain)
            let (body, fits) = body(request.body, values)
            last = (values, body)
            if fits { break }
        }
        return last
    }

    /// Whether a message of that size is within the provider's limits.
    func fits(_ message: AlertMessage, _ size: MessageSize) -> Bool {
        let values = channel.templateValues(message, size)
        switch provider.delivery {
        case .http(let request, _): return body(request.body, values).fits
        case .mail(let mail): return texts(mail, values).fit
        }
    }

    /// Subject, text and HTML of a mail, with as much of the message as fits.
    func texts(_ message: AlertMessage, _ mail: MailTemplate) -> (subject: String, text: String, html: String) {
        var last = (subject: "", text: "", html: "")
        for size in provider.limits.size.steps {
            let found = texts(mail, channel.templateValues(message, size))
            last = (found.subject, found.text, found.html)
            if found.fit { break }
        }
        return last
    }

    private func texts(_ mail: MailTemplate, _ values: Values) -> (
        subject: String, text: String, html: String, fit: Bool
    ) {
        var renderer = BodyRenderer(values, channel.templates)
        let texts = [mail.subject, mail.text, mail.html].map { renderer.text($0) }
        return (texts[0], texts[1], texts[2], !renderer.isCut)
    }

    private func body(_ body: RequestTemplate.Body, _ values: Values) -> (bytes: [UInt8]?, fits: Bool) {
        switch body {
        case .none: return (nil, true)
        case .json(let node):
            var renderer = BodyRenderer(values, channel.templates, style)
            var bytes: [UInt8] = []
            JSONWriter.append(renderer.json(node), to: &bytes)
            let isShort = renderer.textCount <= provider.limits.text && bytes.count <= provider.limits.bytes
            return (bytes, isShort && !renderer.isCut)
        case .form(let fields):
            let pairs = fields.map { (name: $0.name, value: $0.value.render(values)) }.filter { !$0.value.isEmpty }
            let bytes = Array(Self.joined(pairs.map { ($0.name, Escape.urlencode.apply($0.value)) }).utf8)
            return (bytes, bytes.count <= provider.limits.bytes)
        }
    }

    private static func joined(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\(Escape.urlencode.apply($0.name))=\($0.value)" }.joined(separator: "&")
    }

    // MARK: Request

    private func request(
        _ message: AlertMessage,
        _ template: RequestTemplate,
        _ values: Values,
        _ body: [UInt8]?,
        _ now: Timestamp
    ) -> HTTPClientRequest {
        var url = template.url.render(values)
        let query = template.query.map { (name: $0.name, value: $0.value.render(values)) }.filter { !$0.value.isEmpty }
        if !query.isEmpty { url += (url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + Self.joined(query) }
        var headers: [(name: String, value: String)] = []
        func set(_ name: String, _ value: String) {
            headers.removeAll { $0.name.lowercased() == name.lowercased() }
            headers.append((name, value))
        }
        switch template.body {
        case .none: break
        case .json: set("Content-Type", "application/json")
        case .form: set("Content-Type", "application/x-www-form-urlencoded")
        }
        for field in template.headers {
            let value = field.value.render(values)
            if !value.isEmpty { set(field.name, value) }
        }
        for field in template.moreHeaders.flatMap({ channel.values[$0] }).flatMap(HeaderLines.fields) ?? [] {
            set(field.name, field.value)
        }
        set("Idempotency-Key", Escape.line.apply(message.id))
        for authentication in template.authentication {
            if let (name, value) = header(authentication, values, body ?? [], now) { set(name, value) }
        }
        let method = template.method.render(values)
        return HTTPClientRequest(method: method, url: url, headers: headers, body: body)
    }

    private func header(
        _ authentication: RequestTemplate.Authentication,
        _ values: Values,
        _ body: [UInt8],
        _ now: Timestamp
    ) -> (name: String, value: String)? {
        switch authentication {
        case .bearer(let token):
            let token = token.render(values)
            return token.isEmpty ? nil : ("Authorization", "Bearer \(token)")
        case .basic(let user, let password):
            let (user, password) = (user.render(values), password.render(values))
            guard !user.isEmpty else { return nil }
            return ("Authorization", "Basic " + Array("\(user):\(password)".utf8).base64())
        case .header(let name, let value):
            let value = value.render(values)
            return value.isEmpty ? nil : (name, value)
        case .signature(let header, let secret):
            let secret = secret.render(values)
            guard !secret.isEmpty else { return nil }
            let seconds = now.milliseconds / 1000
            let code = HMAC.sha256(key: Array(secret.utf8), data: Array("\(seconds).".utf8) + body).hex
            return (header, "t=\(seconds),v1=\(code)")
        }
    }
}
