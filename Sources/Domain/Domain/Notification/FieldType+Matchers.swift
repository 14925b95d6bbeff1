import Base
package import Checks

extension FieldType<[LabelMatcher]> {
    /// Conditions on labels, as texts such as `tag=shop`; one may hold several with commas between, which count together.
    package static func matchers(minimumCount: Int = 0) -> Self {
        matchers(minimumCount: minimumCount, LabelMatcher.textFault)
    }

    /// The same for the labels that monitors have.
    package static var monitorMatchers: Self { matchers(minimumCount: 0, LabelMatcher.monitorTextFault) }

    private static func matchers(minimumCount: Int, _ rule: @escaping Schema.TextRule) -> Self {
        let text = Schema.string(length: 1...LabelMatcher.maximumLength, example: "tag=shop", rule: rule)
        var type = Self(
            schema: .array(text, minimumCount: minimumCount, maximumCount: maximumCount),
            placeholder: "MATCHER",
            write: { .array($0.map { .string($0.description) }) },
            read: { value in given(value).flatMap { $0.count <= maximumCount ? $0 : nil } }
        )
        type.fault = { value in
            given(value).map {
                FieldValueError("at most \(maximumCount) matchers are taken, and these are \($0.count)")
            }
        }
        // Written apart, one each, and with what quotes they need.
        type.answer = .array(.string(example: "tag=shop"))
        type.stored = Stored(write: type.write) { value in
            let read = value.arrayValue?.map { $0.stringValue.flatMap { try? LabelMatcher(stored: $0) } } ?? [nil]
            let matchers = read.compactMap(\.self)
            return matchers.count == read.count ? matchers : nil
        }
        type.isRepeated = true
        return type
    }
}

/// The most matchers of a thing, however they are given.
private let maximumCount = 20

/// The matchers of a list of texts; nil when a text holds none.
private func given(_ value: JSONValue) -> [LabelMatcher]? {
    var matchers: [LabelMatcher] = []
    for text in value.arrayValue?.map(\.stringValue) ?? [nil] {
        guard let text, let list = try? LabelMatcher.list(text) else { return nil }
        matchers += list
    }
    return matchers
}

extension LabelMatcher {
    /// What is wrong with the text of matchers on monitors; nil when nothing is.
    fileprivate static func monitorTextFault(_ text: String) -> Schema.TextError? {
        guard PlainText.isClean(text) else { return .init("A matcher cannot hold control characters") }
        do throws(LabelMatcher.ParseError) {
            guard try list(text).allSatisfy({ monitorLabels.contains($0.label) }) else {
                return .init("the labels of monitors are \(monitorLabels.joined(separator: ", "))")
            }
            return nil
        } catch { return .init(error.description) }
    }

    /// What is wrong with the text of matchers; nil when nothing is.
    fileprivate static func textFault(_ text: String) -> Schema.TextError? {
        // The store keeps them apart by line feeds.
        if let fault = PlainText.line(text) { return fault }
        do throws(LabelMatcher.ParseError) {
            _ = try list(text)
            return nil
        } catch {
            return .init(error.description)
        }
    }
}
