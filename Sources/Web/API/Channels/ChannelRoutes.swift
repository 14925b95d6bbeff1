import Base
import Domain
import HTTPServer
import Notify
import Storage

/// `/api/v1/channels` and the kinds of channels.
struct ChannelRoutes: Sendable {
    private let services: ChannelServices
    private let policies: PolicyRepository
    private let reader: ChannelReader
    private let now: @Sendable () -> Timestamp
    private static let tag = "Channels"
    private static let path = "/api/v1/channels"
    private static let id = Parameter.id("id", "The channel's number.")
    private static let missing = APIProblem(404, "Channel not found")

    init(_ services: ChannelServices, policies: PolicyRepository, now: @escaping @Sendable () -> Timestamp) {
        (self.services, self.policies, self.now) = (services, policies, now)
        reader = ChannelReader(catalog: services.catalog)
    }

    var routes: [Route] { [list, create, show, replace, change, delete, test, kinds] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listChannels",
            tag: Self.tag,
            "Channels in the order of their numbers, secrets masked; X-Next-Cursor and Link lead to the next page",
            parameters: WholeListParameters.all,
            responses: [.page(ChannelSchema.answer, "The channels."), .unavailable]
        ) { call throws(APIProblem) in
            let channels = try await stored { () async throws(StorageError) in try await services.repository.list() }
            let page = try WholeListParameters.page(of: channels, call) { $0.id.rawValue }
            return page.response(to: call, path: Self.path, json)
        }
    }

    private var create: Route {
        Route(
            .post,
            Self.path,
            operation: "createChannel",
            tag: Self.tag,
            "Create a channel",
            details: "Which settings a kind needs, and which it takes, is at /api/v1/channel-kinds.",
            body: ChannelSchema.creation,
            responses: [
                .json(201, ChannelSchema.answer, "The channel; Location names it."),
                .problem(409, "Another channel has this name."), .unavailable,
            ]
        ) { call throws(APIProblem) in
            var draft = Channel(id: ChannelID(rawValue: 0), name: "", kind: "", settings: [:], createdAt: now())
            try reader.apply(call.body, to: &draft, stored: nil)
            let channel = try await saved { () async throws(StorageError) in
                try await services.repository.insert(draft)
            }
            services.changed()
            var response = Response.json(json(channel), status: .created)
            response.headers.append("Location", "\(Self.path)/\(channel.id)")
            return response
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getChannel",
            tag: Self.tag,
            "One channel, secrets masked",
            parameters: [Self.id.specification],
            responses: [.json(200, ChannelSchema.answer, "The channel."), .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            .json(json(try await channel(call)))
        }
    }

    private var replace: Route {
        Route(
            .put,
            "\(Self.path)/{id}",
            operation: "replaceChannel",
            tag: Self.tag,
            "Replace all settings of a channel; what is left out goes back to its default",
            parameters: [Self.id.specification],
            body: ChannelSchema.replacement,
            responses: [.json(200, ChannelSchema.answer, "The channel."), Self.conflict, .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            let old = try await channelOrBlank(call)
            if let given = call.body["id"]?.integerValue, given != old.id.rawValue {
                throw APIProblem([.value("id differs from the one in the path", at: ["body", "id"])])
            }
            let new = Channel(id: old.id, name: "", kind: "", settings: [:], createdAt: old.createdAt)
            return try await save(call.body, over: new, stored: old)
        }
    }

    private var change: Route {
        Route(
            .patch,
            "\(Self.path)/{id}",
            operation: "changeChannel",
            tag: Self.tag,
            "Change some members of a channel; settings are replaced as a whole",
            parameters: [Self.id.specification],
            body: ChannelSchema.change,
            responses: [.json(200, ChannelSchema.answer, "The channel."), Self.conflict, .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            let old = try await channel(call)
            return try await save(call.body, over: old, stored: old)
        }
    }

    private var delete: Route {
        Route(
            .delete,
            "\(Self.path)/{id}",
            operation: "deleteChannel",
            tag: Self.tag,
            "Delete a channel that no policy names; what waits for it is given up",
            parameters: [Self.id.specification],
            responses: [.empty(204, "It is gone."), Self.conflict, .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            let channel = try await channelOrBlank(call)
            try refuseEnvironment(channel)
            let users = try await stored { () async throws(StorageError) in try await policies.list() }
                .filter { $0.channels.contains(channel.id) }
            guard users.isEmpty else {
                let names = users.map { "'\($0.name)'" }.joined(separator: ", ")
                throw APIProblem(409, "The policies \(names) send to this channel; change them first")
            }
            let now = now()
            let abandoned = try await stored { () async throws(StorageError) in
                try await services.repository.delete(channel.id, at: now)
            }
            if let abandoned, abandoned > 0 { services.abandoned(channel, abandoned) }
            services.changed()
            return Response(.noContent)
        }
    }

    private var test: Route {
        Route(
            .post,
            "\(Self.path)/{id}/test",
            operation: "testChannel",
            tag: Self.tag,
            "Send a test message through a channel, now and once",
            parameters: [Self.id.specification],
            responses: [.json(200, ChannelSchema.outcome, "What came of it."), .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            let channel = try await channel(call)
            let start = MonotonicTime.now
            let outcome = await services.deliver(.test(of: channel, at: now()), channel)
            if case .delivered = outcome { services.works(channel.id) }
            let (word, detail): (String, String?) =
                switch outcome {
                case .delivered(let reference): ("delivered", reference)
                case .partly(_, _, let reason), .retry(let reason, _): ("retry", reason)
                case .refused(let reason): ("refused", reason)
                }
            return .json([
                "outcome": .string(word), "detail": .text(detail),
                "duration_ms": (MonotonicTime.now - start).jsonMilliseconds,
            ])
        }
    }

    private var kinds: Route {
        Route(
            .get,
            "/api/v1/channel-kinds",
            operation: "listChannelKinds",
            tag: Self.tag,
            "The kinds of channels and what they need",
            responses: [.json(200, .array(ChannelSchema.kind), "The kinds, in alphabetical order.")]
        ) { _ throws(APIProblem) in
            .json(.array(services.catalog.providers.map(\.json)))
        }
    }

    // MARK: Steps

    private static let conflict = DocumentedResponse.problem(
        409,
        "Another channel has this name, or environment variables set it up."
    )

    private func json(_ channel: Channel) -> JSONValue { channel.json(services.catalog[channel.kind]) }

    private func channel(_ call: Call) async throws(APIProblem) -> Channel {
        let id = ChannelID(rawValue: try call[Self.id])
        let found = try await stored { () async throws(StorageError) in try await services.repository.channel(id) }
        guard let found else { throw Self.missing }
        return found
    }

    /// A channel; one of which nothing is known where its row cannot be read, to be replaced or deleted.
    private func channelOrBlank(_ call: Call) async throws(APIProblem) -> Channel {
        do throws(APIProblem) { return try await channel(call) } catch {
            guard error.isOfDamage else { throw error }
            return Channel(
                id: ChannelID(rawValue: try call[Self.id]),
                name: "",
                kind: "",
                settings: [:],
                createdAt: now()
            )
        }
    }

    private func refuseEnvironment(_ channel: Channel) throws(APIProblem) {
        guard channel.origin == .environment else { return }
        throw APIProblem(409, "Environment variables set this channel up; change them and start again")
    }

    private func save(_ body: JSONValue, over draft: Channel, stored: Channel) async throws(APIProblem) -> Response {
        try refuseEnvironment(stored)
        var channel = draft
        try reader.apply(body, to: &channel, stored: stored)
        channel.updatedAt = now()
        let written = channel
        try await saved { () async throws(StorageError) in try await services.repository.update(written) }
        services.changed()
        return .json(json(written))
    }

    /// Stores a channel; the repository's errors become problems about channels.
    private func saved<R>(_ body: () async throws(StorageError) -> R) async throws(APIProblem) -> R {
        do throws(StorageError) { return try await body() } catch {
            switch error {
            case .duplicate: throw APIProblem(409, "A channel with this name exists already")
            case .notFound: throw Self.missing
            default: throw APIProblem(error)
            }
        }
    }
}

extension AlertMessage {
    /// The message of a channel test.
    static func test(of channel: Channel, at now: Timestamp) -> AlertMessage {
        let item = Item(
            event: .test,
            key: "sentinel-test-\(channel.id)-\(now.milliseconds)",
            subject: "Test message",
            target: "channel \(channel.name)",
            severity: .info,
            text: "This channel works. Nothing is wrong.",
            since: now
        )
        return AlertMessage(id: "sentinel-test-\(channel.id)-\(now.milliseconds)", items: [item], createdAt: now)
    }
}
