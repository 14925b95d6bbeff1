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
    private let resource: Resource<Channel>
    private static let id = Parameter.id("id", "The channel's number.")
    private static let missing = APIProblem(404, "Channel not found")
    private static let conflict = DocumentedResponse.problem(
        409,
        "Another channel has this name, or environment variables set it up."
    )

    init(_ services: ChannelServices, policies: PolicyRepository, now: @escaping @Sendable () -> Timestamp) {
        (self.services, self.policies, self.now) = (services, policies, now)
        reader = ChannelReader(catalog: services.catalog)
        var resource = Resource<Channel>(
            path: "/api/v1/channels",
            names: .init(
                tag: "Channels",
                operation: "Channel",
                operations: "Channels",
                word: "channel",
                words: "channels",
                title: "channel, secrets masked"
            ),
            component: "Channel",
            fields: Channel.fields { $0.shownSettings(services.catalog[$0.kind]) },
            of: \.self,
            trailing: [
                ServerMember(
                    "origin",
                    .oneOf(["api", "environment"]),
                    "Who set it up: the API, or environment variables."
                ) { .string($0.origin.rawValue) },
                ServerMember("fault", Schema.string().nullable, "Why it cannot be used; null when it can.") {
                    .text($0.fault(in: services.catalog))
                },
                ServerMember("created_at", .timestamp, "When it was created.") { .time($0.createdAt) },
                ServerMember("updated_at", .timestamp, "When it was last changed.") { .time($0.updatedAt) },
            ],
            missing: Self.missing,
            number: { $0.id.rawValue },
            find: { id throws(APIProblem) in
                try await stored { () async throws(StorageError) in
                    try await services.repository.channel(ChannelID(rawValue: id))
                }
            }
        )
        resource.newer = {
            services.catalog.unknownSettings(of: ChannelSettings(kind: $0.kind, values: $0.settings)).map {
                "settings.\($0)"
            }
        }
        self.resource = resource
    }

    var routes: [Route] { [list, create, resource.show, replace, change, delete, test, kinds] }

    private var list: Route {
        resource.list(order: "Channels in the order of their numbers, secrets masked") { () async throws(APIProblem) in
            try await stored { () async throws(StorageError) in try await services.repository.list() }
        }
    }

    private var create: Route {
        resource.create(
            "Create a channel",
            details: "Which settings a kind needs, and which it takes, is at /api/v1/channel-kinds.",
            problems: [.problem(409, "Another channel has this name.")]
        ) { body throws(APIProblem) in
            let draft = try reader.channel(body, over: Channel(at: now()), stored: nil)
            try await reader.checkFiles(of: draft, stored: nil)
            let channel = try await saved { () async throws(StorageError) in
                try await services.repository.insert(draft)
            }
            services.changed()
            return channel
        }
    }

    private var replace: Route {
        resource.replace(
            "Replace all settings of a channel; what is left out goes back to its default",
            problems: [Self.conflict]
        ) { id, body throws(APIProblem) in
            guard let old = try await channelOrBlank(id) else { return nil }
            return try await save(body, over: Channel(id: old.id, at: old.createdAt), stored: old)
        }
    }

    private var change: Route {
        resource.change(
            "Change some members of a channel; of settings too, where null takes one away",
            problems: [Self.conflict]
        ) { id, body throws(APIProblem) in
            guard let old = try await resource.find(id) else { return nil }
            return try await save(completed(body, from: old), over: old, stored: old)
        }
    }

    private var delete: Route {
        resource.delete(
            "Delete a channel that no policy names and that is no fallback; what waits for it is given up",
            problems: [Self.conflict]
        ) { id throws(APIProblem) in
            guard let channel = try await channelOrBlank(id) else { return false }
            try refuseEnvironment(channel)
            let users = try await stored { () async throws(StorageError) in try await policies.list() }
                .filter { $0.channels.contains(channel.id) }
            guard users.isEmpty else {
                let names = users.map { "'\($0.name)'" }.joined(separator: ", ")
                throw APIProblem(409, "The policies \(names) send to this channel; change them first")
            }
            let dependents = try await stored { () async throws(StorageError) in try await services.repository.list() }
                .filter { $0.fallback == channel.id }
            guard dependents.isEmpty else {
                let names = dependents.map { "'\($0.name)'" }.joined(separator: ", ")
                throw APIProblem(409, "It is the fallback of the channels \(names); change them first")
            }
            let now = now()
            let abandoned = try await stored { () async throws(StorageError) in
                try await services.repository.delete(channel.id, at: now)
            }
            if let abandoned, abandoned > 0 { services.abandoned(channel, abandoned) }
            services.changed()
            return true
        }
    }

    private var test: Route {
        Route(
            .post,
            resource.path(of: "{id}/test"),
            operation: "testChannel",
            tag: resource.names.tag,
            "Send a test message through a channel, now and once",
            parameters: [Self.id.specification],
            responses: [.json(200, ChannelSchema.outcome, "What came of it."), .unavailable],
            missing: Self.missing
        ) { call throws(APIProblem) in
            let channel = try await resource.item(call)
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
            tag: resource.names.tag,
            "The kinds of channels and what they need",
            responses: [.json(200, .array(ChannelSchema.kind), "The kinds, in alphabetical order.")]
        ) { _ throws(APIProblem) in
            .json(.array(services.catalog.providers.map(\.json)))
        }
    }

    // MARK: Steps

    /// A channel; one of which nothing is known where its row cannot be read, to be replaced or deleted.
    private func channelOrBlank(_ id: Int64) async throws(APIProblem) -> Channel? {
        do throws(APIProblem) { return try await resource.find(id) } catch {
            guard error.isOfDamage else { throw error }
            return Channel(id: ChannelID(rawValue: id), at: now())
        }
    }

    private func refuseEnvironment(_ channel: Channel) throws(APIProblem) {
        guard channel.origin == .environment else { return }
        throw APIProblem(409, "Environment variables set this channel up; change them and start again")
    }

    /// A change whose settings are complete: those that it leaves out are as shown, which keeps masked secrets.
    ///
    /// Another kind has other settings, so nothing is kept for it.
    private func completed(_ body: JSONValue, from stored: Channel) -> JSONValue {
        guard case .object(var object) = body, case .object(let given)? = object["settings"] else { return body }
        if let kind = object["kind"]?.stringValue, kind != stored.kind { return body }
        guard case .object(var settings) = stored.shownSettings(services.catalog[stored.kind]) else { return body }
        for (name, value) in given.members { settings[name] = value }
        object["settings"] = .object(settings)
        return .object(object)
    }

    private func save(_ body: JSONValue, over draft: Channel, stored: Channel) async throws(APIProblem) -> Channel {
        try refuseEnvironment(stored)
        var channel = try reader.channel(body, over: draft, stored: stored)
        channel.updatedAt = stored.updatedAt
        if channel == stored { return stored }
        try await reader.checkFiles(of: channel, stored: stored)
        channel.updatedAt = now()
        let written = channel
        try await saved { () async throws(StorageError) in try await services.repository.update(written) }
        services.changed()
        return written
    }

    /// Stores a channel; the repository's errors become problems about channels.
    private func saved<R>(_ body: () async throws(StorageError) -> R) async throws(APIProblem) -> R {
        do throws(StorageError) { return try await body() } catch {
            switch error {
            case .duplicate: throw APIProblem(409, "A channel with this name exists already")
            case .notFound: throw Self.missing
            case .dependency(let text): throw APIProblem([.value(text, at: ["body", "fallback_id"])])
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
