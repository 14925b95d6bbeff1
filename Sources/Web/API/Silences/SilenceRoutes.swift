import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/silences`.
struct SilenceRoutes: Sendable {
    private let silences: SilenceRepository
    private let wake: @Sendable () -> Void
    private let now: @Sendable () -> Timestamp
    private let resource: Resource<Silence>
    /// The most silences that are not over, since each is asked about each notification.
    private static let maximumCount = 1000
    private static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many silences.")
    private static let cursor = Parameter<Int64?>.number(
        "cursor",
        "Go on after this: the X-Next-Cursor of the page before."
    )
    private static let includesExpired = Parameter<Bool?>.optional(
        "include_expired",
        .oneOf(["true", "false"]),
        "Whether those that are over are listed too; they are not without it."
    ) { text throws(Schema.TextError) in text == "true" }

    init(_ dependencies: APIDependencies) {
        let silences = dependencies.alerting.silences
        let now = dependencies.now
        self.silences = silences
        self.now = now
        wake = dependencies.alerting.wake
        var resource = Resource(
            path: "/api/v1/silences",
            names: .init(
                tag: "Silences",
                operation: "Silence",
                operations: "Silences",
                word: "silence",
                words: "silences",
                title: "silence"
            ),
            component: "Silence",
            fields: Silence.fields,
            of: \.self,
            leading: [
                ServerMember("state", .oneOf(Silence.State.allCases.map(\.rawValue)), "Whether it holds now.") {
                    .string($0.state(at: now()).rawValue)
                }
            ],
            extras: [.matches],
            exactlyOne: ["ends_at", "duration"],
            missing: APIProblem(404, "Silence not found"),
            number: \.id,
            find: { id throws(APIProblem) in
                try await stored { () async throws(StorageError) in try await silences.silence(id) }
            }
        )
        let counter = MatchCounter(beside: dependencies.monitors)
        resource.whenCreated = { item throws(APIProblem) in try await counter.matches(item.matchers) }
        self.resource = resource
    }

    var routes: [Route] { [list, create, resource.show, end] }

    private var list: Route {
        resource.list(
            order: "Silences in the order of their numbers",
            parameters: [Self.limit.specification, Self.cursor.specification, Self.includesExpired.specification]
        ) { call throws(APIProblem) in
            let instant = try call[Self.includesExpired] == true ? Timestamp(milliseconds: .min) : now()
            let limit = try call[Self.limit]
            let cursor = try call[Self.cursor] ?? 0
            let found = try await stored { () async throws(StorageError) in
                try await silences.list(endingAfter: instant, after: cursor, limit: limit + 1)
            }
            let page = Page(found, limit: limit, number: resource.number)
            return page.response(to: call, path: resource.path, resource.json)
        }
    }

    private var create: Route {
        resource.create(
            "Keep notifications of certain incidents back for a time",
            details: "Give either ends_at or duration; ends_at must be later than starts_at and than now.",
            problems: [.problem(409, "There are too many silences.")]
        ) { body throws(APIProblem) in
            let now = now()
            let draft = try Silence(body, at: now)
            let silence = try await stored { () async throws(StorageError) -> Silence? in
                guard try await silences.list(endingAfter: now).count < Self.maximumCount else { return nil }
                return try await silences.insert(draft)
            }
            guard let silence else {
                throw APIProblem(409, "There are \(Self.maximumCount) silences, which is the most; end some")
            }
            return silence
        }
    }

    private var end: Route {
        resource.delete(
            "End a silence now; what it kept back and is still so is told",
            verb: "end",
            gone: "It is over, or was already."
        ) { id throws(APIProblem) in
            let now = now()
            do throws(APIProblem) { _ = try await resource.find(id) } catch {
                // One that cannot be read cannot be kept as ended.
                guard error.isOfDamage else { throw error }
                let existed = try await stored { () async throws(StorageError) in try await silences.remove(id, at: now)
                }
                wake()
                return existed
            }
            let hasEnded = try await stored { () async throws(StorageError) in try await silences.end(id, at: now) }
            guard !hasEnded else {
                wake()
                return true
            }
            return try await resource.find(id) != nil
        }
    }
}

extension Silence {
    enum State: String, CaseIterable {
        case pending, active, expired
    }

    fileprivate func state(at now: Timestamp) -> State {
        if endsAt <= now { return .expired }
        return startsAt <= now ? .active : .pending
    }

    /// A new silence from a checked body; throws 422 for times that do not fit together.
    fileprivate init(_ body: JSONValue, at now: Timestamp) throws(APIProblem) {
        self = try Self.fields.taking(body, over: Silence(at: now))
        if matchers.fitWithoutLabels {
            let words = "together they fit whatever has none of these labels; one must want a value, such as tag=shop"
            throw APIProblem([.value(words, at: ["body", "matchers"])])
        }
        switch (body["ends_at"], body["duration"]) {
        case (nil, nil): throw APIProblem([ValidationIssue("missing", at: ["body", "ends_at"], "Field required")])
        case (_?, _?):
            throw APIProblem([.value("give either ends_at or duration, not both", at: ["body", "duration"])])
        default: break
        }
        let place: ValidationIssue.Step = body["duration"] == nil ? "ends_at" : "duration"
        if let fault = fault(at: now) { throw APIProblem([.value(fault, at: ["body", place])]) }
    }

    private func fault(at now: Timestamp) -> String? {
        if endsAt <= startsAt { return "the silence ends before it begins" }
        if endsAt - startsAt > Self.maximumLength { return "the silence is longer than 365 days" }
        return endsAt <= now ? "the silence is over already" : nil
    }
}
