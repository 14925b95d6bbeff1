import Base
package import Checks

extension MonitorDraft {
    /// The settings that every monitor has, whatever the kind of its check.
    package static let fields = FieldTable<MonitorDraft>(
        [
            Field(
                "name",
                \.name,
                .monitorName,
                default: "",
                isRequired: true,
                storage: .nowhere,
                "Its name, which is kept without white space at its ends."
            ),
            Field(
                "interval",
                \.interval,
                .wholeSeconds(MonitorLimits.interval, example: 60),
                default: MonitorLimits.defaultInterval,
                storage: .nowhere,
                "Seconds from check to check."
            ),
            Field(
                "interval_seconds",
                sameAs: "interval",
                \.interval,
                .wholeSeconds(MonitorLimits.interval, example: 60)
            ),
            Field("enabled", \.isActive, .flag, default: true, storage: .nowhere, "Whether it is checked."),
            Field("is_active", sameAs: "enabled", \.isActive, .flag),
            Field(
                "tags",
                \.tags,
                .tags,
                default: [],
                flag: "tag",
                storage: .nowhere,
                "Words for filters and policies: letters, digits and _ . : -"
            ),
        ] + MonitorAlerting.fields.lifted(to: \.alerting)
    )
}

extension FieldType<String> {
    /// A name without white space at its ends.
    fileprivate static var monitorName: Self {
        var type = text(1...MonitorLimits.nameLength, placeholder: "NAME", example: "Shop", rule: PlainText.name)
        type.read = { $0.stringValue.map(trimmed) }
        return type
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}

extension FieldType<[String]> {
    /// Lower-case words, sorted, each once.
    fileprivate static var tags: Self {
        let word = FieldType<String>.text(1...MonitorLimits.tagLength, placeholder: "TAG", rule: PlainText.tag)
        var type = list(word, maximum: MonitorLimits.tagCount)
        type.read = { value in
            value.arrayValue.map { words in Set(words.compactMap { $0.stringValue?.lowercased() }).sorted() }
        }
        return type
    }
}
