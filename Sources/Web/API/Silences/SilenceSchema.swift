import Base
import Domain

/// The schemas of a silence.
enum SilenceSchema {
    /// The longest silence.
    static let maximumLength: Duration = .seconds(365 * 86_400)
    /// The most silences that are not over, since each is asked about each notification.
    static let maximumCount = 1000

    static let creation = Schema.object(
        "SilenceCreation",
        [
            .required("matchers", MatcherSchema.list(minimumCount: 1), "What incidents it is for: all must fit."),
            .optional("starts_at", Schema.givenTime.nullable, default: .null, "When it begins; null for now."),
            .optional("ends_at", Schema.givenTime, "When it ends; this or duration."),
            .optional(
                "duration",
                .integer(1...maximumLength.components.seconds, example: 7200),
                "How many seconds it lasts; this or ends_at."
            ),
            .required(
                "comment",
                .string(length: 1...1000, pattern: PlainText.linesPattern, example: "Deploying", rule: PlainText.lines),
                "Why."
            ),
            .optional("author", PlainText.author.nullable, default: .null, "Who says so."),
        ]
    ).exactlyOne(of: "ends_at", "duration")

    static let answer = Schema.object(
        "Silence",
        [
            .required("id", .integer(1...Int64.max, example: 1), "The silence's number."),
            .required("state", .oneOf(Silence.State.allCases.map(\.rawValue)), "Whether it holds now."),
            .required("matchers", .array(.string(example: "tag=shop")), "What incidents it is for: all must fit."),
            .required("starts_at", .timestamp, "When it begins."),
            .required("ends_at", .timestamp, "When it ends."),
            .required("comment", .string(example: "Deploying"), "Why."),
            .required("author", Schema.string(example: "Ada").nullable, "Who said so."),
        ]
    )
}

extension Silence {
    enum State: String, CaseIterable {
        case pending, active, expired
    }

    private func state(at now: Timestamp) -> State {
        if endsAt <= now { return .expired }
        return startsAt <= now ? .active : .pending
    }

    /// The silence of `/api/v1/silences`.
    func json(at now: Timestamp) -> JSONValue {
        [
            "id": .integer(id),
            "state": .string(state(at: now).rawValue),
            "matchers": .array(matchers.map { .string($0.description) }),
            "starts_at": .time(startsAt),
            "ends_at": .time(endsAt),
            "comment": .string(comment),
            "author": .text(author),
        ]
    }

    /// A new silence from a checked body; throws 422 for times that do not fit together.
    init(_ body: JSONValue, at now: Timestamp) throws(APIProblem) {
        func time(_ name: String) -> Timestamp? { body[name]?.stringValue.flatMap(Timestamp.init(apiText:)) }
        if (body.matchers ?? []).fitWithoutLabels {
            let words = "together they fit whatever has none of these labels; one must want a value, such as tag=shop"
            throw APIProblem([.value(words, at: ["body", "matchers"])])
        }
        let start = time("starts_at") ?? now
        let length = body["duration"]?.integerValue
        let end: Timestamp
        switch (time("ends_at"), length) {
        case (let given?, nil): end = given
        case (nil, let length?): end = start + .seconds(length)
        case (nil, nil): throw APIProblem([ValidationIssue("missing", at: ["body", "ends_at"], "Field required")])
        case (_?, _?):
            throw APIProblem([.value("give either ends_at or duration, not both", at: ["body", "duration"])])
        }
        let place: ValidationIssue.Step = length == nil ? "ends_at" : "duration"
        if let fault = Self.fault(start, end, now) { throw APIProblem([.value(fault, at: ["body", place])]) }
        self.init(
            id: 0,
            matchers: body.matchers ?? [],
            startsAt: start,
            endsAt: end,
            comment: body["comment"]?.stringValue ?? ""
        )
        author = body["author"]?.stringValue
    }

    private static func fault(_ start: Timestamp, _ end: Timestamp, _ now: Timestamp) -> String? {
        if end <= start { return "the silence ends before it begins" }
        if end - start > SilenceSchema.maximumLength { return "the silence is longer than 365 days" }
        return end <= now ? "the silence is over already" : nil
    }
}
