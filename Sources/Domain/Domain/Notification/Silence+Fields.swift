package import Base
package import Checks

extension Silence {
    /// The longest silence.
    package static let maximumLength: Duration = .seconds(365 * 86_400)

    /// A silence that begins now, for people's settings to be taken over.
    package init(at now: Timestamp) {
        self.init(id: 0, matchers: [], startsAt: now, endsAt: now, comment: "")
    }

    package static let fields: FieldTable<Silence> = [
        Field(
            "matchers",
            \.matchers,
            .matchers(minimumCount: 1),
            default: [],
            isRequired: true,
            flag: "matcher",
            storage: .nowhere,
            "What incidents it is for: all must fit."
        ),
        Field(
            "starts_at",
            \.startsAt,
            .instant,
            nullLeaves: true,
            storage: .nowhere,
            "When it begins; null for now."
        ),
        Field("ends_at", \.endsAt, .instant, storage: .nowhere, "When it ends; this or duration."),
        Field(
            "duration",
            .wholeSeconds(.seconds(1)...maximumLength, example: 7200),
            "How many seconds it lasts; this or ends_at."
        ) { length, silence in silence.endsAt = silence.startsAt + length },
        Field(
            "comment",
            \.comment,
            .text(1...1000, pattern: PlainText.linesPattern, example: "Deploying", rule: PlainText.lines),
            default: "",
            isRequired: true,
            storage: .nowhere,
            "Why."
        ),
        Field(
            "author",
            \.author,
            .optional(.author),
            default: nil,
            storage: .nowhere,
            "Who says so."
        ),
    ]
}

extension FieldType<String> {
    /// Who does something.
    package static var author: Self {
        .text(1...100, pattern: PlainText.linePattern, example: "Ada", rule: PlainText.line)
    }
}
