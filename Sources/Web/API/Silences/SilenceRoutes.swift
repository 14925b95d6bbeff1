import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/silences`.
struct SilenceRoutes: Sendable {
    private let silences: SilenceRepository
    private let wake: @Sendable () -> Void
    private let now: @Sendable () -> Timestamp
    private static let tag = "Silences"
    private static let path = "/api/v1/silences"
    private static let id = Parameter.id("id", "The silence's number.")
    private static let limit = Parameter.integer("limit", 1...1000, default: 100, "How many silences.")
    private static let cursor = Parameter<Int64?>.number(
        "cursor",
        "Go on after this: the X-Next-Cursor of the page before."
    )
    private static let includesExpired = Parameter<Bool?>.optional(
        "include_expired",
        .oneOf(["true", "false"]),
        "Whether those that are over are listed too; they are not without it."
    ) { text throws(Schema.TextFault) in text == "true" }

    init(_ dependencies: APIDependencies) {
        (silences, wake) = (dependencies.alerting.silences, dependencies.alerting.wake)
        now = dependencies.now
    }

    var routes: [Route] { [list, create, show, end] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listSilences",
            tag: Self.tag,
            "Silences in the order of their numbers; X-Next-Cursor and Link lead to the next page",
            parameters: [Self.limit.specification, Self.cursor.specification, Self.includesExpired.specification],
            responses: [.page(SilenceSchema.answer, "The silences."), .unavailable]
        ) { call throws(APIProblem) in
            let now = now()
            let instant = try call[Self.includesExpired] == true ? Timestamp(milliseconds: .min) : now
            let (limit, cursor) = (try call[Self.limit], try call[Self.cursor] ?? 0)
            let found = try await stored { () async throws(StorageError) in
                try await silences.list(endingAfter: instant, after: cursor, limit: limit + 1)
            }
            return Page(found, limit: limit, number: \.id).response(to: call, path: Self.path) { $0.json(at: now) }
        }
    }

    private var create: Route {
        Route(
            .post,
            Self.path,
            operation: "createSilence",
            tag: Self.tag,
            "Keep notifications of certain incidents back for a time",
            details: "Give either ends_at or duration; ends_at must be later than starts_at and than now.",
            body: SilenceSchema.creation,
            responses: [
                .json(201, SilenceSchema.answer, "The silence; Location names it."),
                .problem(409, "There are too many silences."), .unavailable,
            ]
        ) { call throws(APIProblem) in
            let now = now()
            let draft = try Silence(call.body, at: now)
            let silence = try await stored { () async throws(StorageError) -> Silence? in
                guard try await silences.list(endingAfter: now).count < SilenceSchema.maximumCount else { return nil }
                return try await silences.insert(draft)
            }
            guard let silence else {
                throw APIProblem(409, "There are \(SilenceSchema.maximumCount) silences, which is the most; end some")
            }
            var response = Response.json(silence.json(at: now), status: .created)
            response.headers.append("Location", "\(Self.path)/\(silence.id)")
            return response
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getSilence",
            tag: Self.tag,
            "One silence",
            parameters: [Self.id.specification],
            responses: [.json(200, SilenceSchema.answer, "The silence."), .unavailable],
            missing: .noSuchSilence
        ) { call throws(APIProblem) in .json(try await silence(try call[Self.id]).json(at: now())) }
    }

    private var end: Route {
        Route(
            .delete,
            "\(Self.path)/{id}",
            operation: "endSilence",
            tag: Self.tag,
            "End a silence now; what it kept back and is still so is told",
            parameters: [Self.id.specification],
            responses: [.empty(204, "It is over, or was already."), .unavailable],
            missing: .noSuchSilence
        ) { call throws(APIProblem) in
            let (id, now) = (try call[Self.id], now())
            let hasEnded = try await stored { () async throws(StorageError) in try await silences.end(id, at: now) }
            if hasEnded { wake() } else { _ = try await silence(id) }
            return Response(.noContent)
        }
    }

    private func silence(_ id: Int64) async throws(APIProblem) -> Silence {
        let found = try await stored { () async throws(StorageError) in try await silences.silence(id) }
        guard let found else { throw .noSuchSilence }
        return found
    }
}

extension APIProblem {
    static let noSuchSilence = APIProblem(404, "Silence not found")
}
