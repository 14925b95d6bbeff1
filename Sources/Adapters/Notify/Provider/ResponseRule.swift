import Base
import Domain
import HTTPClient

/// How a response to a request is interpreted.
struct ResponseRule: Sendable {
    /// Ranges of statuses.
    var success = [200...299]
    var retry = [408...408, 425...425, 429...429, 500...599]
    /// A JSON value that marks a response as failed in spite of its status.
    var failure: (path: JSONPath, text: String)?
    /// Statuses with texts in the body by which a receiver refuses formatting or links; it is sent the message without.
    var plain: (statuses: [ClosedRange<Int>], texts: [String])?
    /// The only texts that mean success when the status is 200; nil accepts any.
    var successTexts: [String]?
    /// The header field with the seconds to wait.
    var retryHeader = "Retry-After"
    var retrySeconds: JSONPath?
    var retryMilliseconds: JSONPath?
    /// Where the receiver's own id of the message is.
    var reference: JSONPath?
    /// Where the reason for a refusal is; without it the beginning of the body is used.
    var reason: JSONPath?

    /// The outcome for a response received at a time; nothing in it is masked yet.
    func outcome(_ response: HTTPClientResponse, _ title: String, at now: Timestamp) -> DeliveryOutcome {
        let body = try? JSONValue(parsing: response.body, maximumDepth: 32)
        func contains(_ ranges: [ClosedRange<Int>]) -> Bool { ranges.contains { $0.contains(response.status) } }
        if contains(success) {
            if response.status == 200, let successTexts {
                let text = String(decoding: response.body.prefix(2000), as: UTF8.self).filter { !$0.isWhitespace }
                guard successTexts.contains(text) else {
                    return .retry(reason: "\(title) did not take it" + details(response, body), after: nil)
                }
            }
            guard let failure, let body, failure.path.text(in: body) == failure.text else {
                return .delivered(reference: reference.flatMap { path in body.flatMap(path.text) })
            }
            return .refused(reason: "\(title) did not take it" + details(response, body))
        }
        let isRedirect = (300...399).contains(response.status)
        let reason =
            "\(title) answered \(response.status)"
            + (isRedirect ? ", a redirect, which is not followed" : details(response, body))
        return contains(retry) ? .retry(reason: reason, after: pause(response, body, now)) : .refused(reason: reason)
    }

    /// Whether the receiver may take the same message without formatting and links.
    func wantsPlain(_ response: HTTPClientResponse) -> Bool {
        guard let plain, plain.statuses.contains(where: { $0.contains(response.status) }) else { return false }
        let text = String(decoding: response.body.prefix(20_000), as: UTF8.self)
        return plain.texts.contains { text.contains($0) }
    }

    private func details(_ response: HTTPClientResponse, _ body: JSONValue?) -> String {
        let given = reason.flatMap { path in body.flatMap(path.text) }
        let text = given ?? String(decoding: response.body.prefix(2000), as: UTF8.self)
        let line = Escape.line.apply(text).split(separator: " ").joined(separator: " ")
        return line.isEmpty ? "" : ": \(line)"
    }

    /// How long the receiver asks to wait, at most a day.
    private func pause(_ response: HTTPClientResponse, _ body: JSONValue?, _ now: Timestamp) -> Duration? {
        func number(_ path: JSONPath?) -> Double? {
            path.flatMap { path in body.flatMap(path.value)?.doubleValue }
        }
        let field = response.header(retryHeader)
        let seconds =
            number(retrySeconds) ?? number(retryMilliseconds).map { $0 / 1000 }
            ?? field.flatMap { Int64($0) }.map(Double.init)
            ?? field.flatMap(Timestamp.init(retryDate:)).map { ($0 - now).inSeconds }
        guard let seconds, seconds > 0 else { return nil }
        return .milliseconds(Int64((min(seconds, 86_400) * 1000).rounded(.up)))
    }
}

/// A path into a JSON value: `result.items.0.id`.
struct JSONPath: Sendable, Equatable {
    private let steps: [String]

    /// nil for an empty step.
    init?(_ text: String) {
        steps = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard steps.allSatisfy({ !$0.isEmpty }) else { return nil }
    }

    func value(in root: JSONValue) -> JSONValue? {
        var value = root
        for step in steps {
            let index = Int(step) ?? -1
            if let elements = value.arrayValue {
                guard elements.indices.contains(index) else { return nil }
                value = elements[index]
            } else {
                guard let next = value[step] else { return nil }
                value = next
            }
        }
        return value
    }

    /// The scalar value at the path as text; nil for null and for structures.
    func text(in root: JSONValue) -> String? {
        switch value(in: root) {
        case nil, .null, .array, .object: nil
        case .string(let text)?: text
        case let value?: value.description
        }
    }
}
