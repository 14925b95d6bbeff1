package import Base
package import Checks

extension FieldType<[LabelMatcher]> {
    /// Conditions on labels, as texts such as `tag=shop`; one may hold several with commas between, which count together.
    package static func matchers(minimumCount: Int = 0) -> Self {
        matchers(minimumCount: minimumCount, LabelMatcher.textFault)
    }

    private static func matchers(minimumCount: Int, _ rule: @escaping Schema.TextRule) -> Self {
        let text = Schema.string(length: 1...LabelMatcher.maximumLength, example: "tag=shop", rule: rule)
        var type = Self(
            schema: .array(text, minimumCount: minimumCount, maximumCount: 20),
            placeholder: "MATCHER",
            write: { .array($0.map { .string($0.description) }) },
            read: { value in
                let texts = value.arrayValue?.map(\.stringValue) ?? [nil]
                var matchers: [LabelMatcher] = []
                for text in texts {
                    guard let text, let list = try? LabelMatcher.list(text) else { return nil }
                    matchers += list
                }
                return matchers
            }
        )
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

extension LabelMatcher {
    /// What is wrong with the text of matchers; nil when nothing is.
    package static func textFault(_ text: String) -> Schema.TextFault? {
        // The store keeps them apart by line feeds.
        if let fault = PlainText.line(text) { return fault }
        do throws(Fault) {
            _ = try list(text)
            return nil
        } catch {
            return .init(error.description)
        }
    }
}
