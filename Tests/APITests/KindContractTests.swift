import SQL
import API
import Base
import Domain
import HTTPCheck
import HTTPServer
import Broker
import Messages
import Storage
import TestSupport
import Testing

/// What the API derives from a kind's declarations; it knows no kind by name.
@Suite("Kinds of checks in the API") struct KindContractTests {
    private static let kinds = CheckKinds([HTTPKind.self, KnockKind.self])

    private func application() async throws -> TestApplication { try await TestApplication(kinds: Self.kinds) }

    private static let body: JSONValue = [
        "kind": "knock", "name": "Door", "door": "front", "times": 3, "is_loud": true, "mood": "wild",
        "words": ["hello"], "pass": "sesame", "timeout": 1.5,
    ]

    @Test("every declared setting is accepted, returned, stored and documented")
    func oneLineASetting() async throws {
        let app = try await application()
        let created = await app.send(.post, "/api/v1/monitors", Self.body)
        #expect(created.status == 201, "\(created)")
        #expect(created.json["kind"] == "knock" && created.json["target"] == "front")
        let stored = try #require(try await app.monitors.monitor(MonitorID(rawValue: 1)))
        let settings = try #require(stored.spec.settings(of: KnockKind.self))
        let column = CheckSettingsColumn(kinds: Self.kinds, seal: nil)
        let codec = MessageCodec<CheckJob>.checkJobs(SpecCodec(encode: column.encode, decode: column.decode))
        let job = CheckJob(
            monitorID: stored.id,
            revision: stored.revision,
            region: .local,
            scheduledAt: stored.createdAt,
            expiresAt: stored.createdAt,
            spec: stored.spec
        )
        #expect(try codec.decode(codec.encode(job))?.spec == stored.spec)
        let document = await app.send(.get, "/api/openapi.json").json["components"]?["schemas"]
        for field in KnockKind.fields {
            let sent = try #require(Self.body[field.name], "the body leaves out \(field.name)")
            #expect(created.json[field.name] == (field.name == "pass" ? "********" : sent), "\(field.name)")
            #expect(field.write(settings) == sent, "\(field.name)")
            for schema in ["KNOCKMonitor", "KNOCKMonitorCreation", "KNOCKMonitorChange", "KNOCKMonitorReplacement"] {
                let property = document?[schema]?["properties"]?[field.name]
                #expect(property?["description"] == .string(field.about), "\(schema).\(field.name)")
            }
            #expect(document?["HTTPMonitor"]?["properties"]?["door"] == nil)
        }
    }

    @Test("PATCH changes single settings") func patch() async throws {
        let app = try await application()
        _ = await app.send(.post, "/api/v1/monitors", Self.body)
        let changed = await app.send(.patch, "/api/v1/monitors/1", ["times": 5])
        #expect(changed.status == 200 && changed.json["times"] == 5 && changed.json["mood"] == "wild", "\(changed)")
        let replaced = await app.send(.put, "/api/v1/monitors/1", ["name": "Door", "door": "front"])
        #expect(replaced.status == 200 && replaced.json["times"] == 1 && replaced.json["pass"] == .null, "\(replaced)")
    }

    private static let refused: [(JSONValue, [JSONValue])] = [
        (["times": 10], ["body", "times"]), (["times": "3"], ["body", "times"]), (["mood": "sad"], ["body", "mood"]),
        (["url": "http://a.test/"], ["body", "url"]), (["timse": 2], ["body", "timse"]),
        (["kind": "http"], ["body", "kind"]), (["kind": "nonsense"], ["body", "kind"]),
        (["door": "back"], ["body", "pass"]), (["door": "back", "pass": "********"], ["body", "pass"]),
        (["mood": "calm"], ["body", "is_loud"]), (["words": ["a", "b", "c", "d"]], ["body", "words"]),
        (["door": .null], ["body", "door"]), (["pass": 5], ["body", "pass"]),
    ]

    @Test("invalid values are refused with their location and change nothing", arguments: refused)
    func refusals(_ body: JSONValue, _ place: [JSONValue]) async throws {
        let app = try await application()
        let before = await app.send(.post, "/api/v1/monitors", Self.body).json
        let answer = await app.send(.patch, "/api/v1/monitors/1", body)
        #expect(answer.status == 422, "\(answer)")
        #expect(answer.json["detail"]?.arrayValue?.first?["loc"] == .array(place), "\(answer)")
        #expect(await app.send(.get, "/api/v1/monitors/1").json == before)
    }

    @Test("a misspelt setting gets a suggestion") func suggestion() async throws {
        let app = try await application()
        let answer = await app.send(.post, "/api/v1/monitors", ["kind": "knock", "name": "D", "door": "a", "timse": 2])
        let message = answer.json["detail"]?.arrayValue?.first?["msg"]?.stringValue
        #expect(message == "Extra inputs are not permitted; did you mean times?", "\(answer)")
    }

    @Test("an unknown kind is refused with a list of the known ones") func unknownKind() async throws {
        let app = try await application()
        let answer = await app.send(.post, "/api/v1/monitors", ["kind": "knok", "name": "D", "door": "a"])
        #expect(answer.status == 422)
        #expect(answer.json["detail"]?.arrayValue?.first?["msg"] == "Input should be 'http' or 'knock'")
    }

    @Test("a monitor without a kind is an HTTP monitor") func standardKind() async throws {
        let app = try await application()
        let answer = await app.send(.post, "/api/v1/monitors", ["name": "Shop", "url": "http://a.test/"])
        #expect(answer.status == 201 && answer.json["kind"] == "http", "\(answer)")
    }

    @Test("settings of a newer release survive a change") func unknownMembers() async throws {
        let app = try await application()
        _ = await app.send(.post, "/api/v1/monitors", Self.body)
        _ = try await app.database.execute(
            "UPDATE monitors SET settings = $1",
            [.text(#"2{"door":"front","colour":"green"}"#)]
        )
        let changed = await app.send(.patch, "/api/v1/monitors/1", ["times": 5])
        #expect(changed.status == 200, "\(changed)")
        let rows = try await app.database.query("SELECT settings FROM monitors")
        #expect(try rows.first?.text(0) == #"2{"door":"front","times":5,"colour":"green"}"#)
    }

    @Test("secrets are sealed in the store") func sealed() async throws {
        let database = try await DatabaseBackend.sqlite.open()
        _ = try await Migrator(database: database, migrations: StorageSchema.migrations).up()
        let seal = SettingsSeal(seal: { text, place in "\(place)|\(String(text.reversed()))" }) { text, place in
            String(text.dropFirst(place.count + 1).reversed())
        }
        let monitors = MonitorRepository(
            database: database,
            settings: CheckSettingsColumn(kinds: Self.kinds, seal: seal)
        )
        var knock = KnockKind.blank
        knock.door = "front"
        knock.pass = "sesame"
        let made = try await monitors.insert(MonitorDraft(name: "Door", spec: CheckSpec(knock)), now: .now)
        #expect(try await monitors.monitor(made.id)?.spec == CheckSpec(knock))
        let rows = try await database.query("SELECT settings FROM monitors")
        let text = try #require(try rows.first?.text(0))
        #expect(text.hasPrefix("3") && !text.contains("sesame"))
    }
}
