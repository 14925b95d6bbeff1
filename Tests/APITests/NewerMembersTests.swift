import API
import Base
import Domain
import HTTPCheck
import HTTPServer
import Notify
import SQL
import Storage
import TestSupport
import Testing

/// A newer release wrote settings that this one does not know: they are kept, passed over, and said.
@Suite("Settings of a newer release") struct NewerMembersTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let table: String
        let column: String
        /// The stored text with one more member.
        let stored: String
        let path: String
        /// A change of something else.
        let change: JSONValue
        var testDescription: String { "\(table).\(column)" }
    }

    static let cases = [
        Case(
            table: "monitors",
            column: "settings",
            stored: #"2{"url":"http://a.test/","colour":"green"}"#,
            path: "/api/v1/monitors/1",
            change: ["name": "Other"]
        ),
        Case(
            table: "monitors",
            column: "alerting",
            stored: #"{"retries":3,"colour":"green"}"#,
            path: "/api/v1/monitors/1",
            change: ["severity": "info"]
        ),
        Case(
            table: "policies",
            column: "settings",
            stored: #"{"matchers":[],"channels":[],"delay_ms":0,"group_interval_ms":30000,"colour":"green"}"#,
            path: "/api/v1/policies/1",
            change: ["delay": 60]
        ),
        Case(
            table: "maintenance_windows",
            column: "schedule",
            stored: #"{"type":"weekly","weekdays":["sun"],"start":"02:30","duration_minutes":60,"colour":"green"}"#,
            path: "/api/v1/maintenance/1",
            change: ["comment": "Other"]
        ),
        Case(
            table: "alert_rules",
            column: "settings",
            stored: #"{"hold_ms":0,"keep_ms":0,"no_data":"ignore","severity":"warning","max_series":10,"#
                + #""staleness_ms":300000,"colour":"green"}"#,
            path: "/api/v1/alerts/rules/1",
            change: ["for_seconds": 60]
        ),
    ]

    private func application(_ test: Case) async throws -> TestApplication {
        let app = try await TestApplication()
        app.database.rowFaults.report(to: app.health, app.metrics)
        await app.createMonitor()
        _ = await app.send(.post, "/api/v1/servers/", ServerContractTests.body)
        #expect(await app.send(.post, "/api/v1/policies", ["name": "P"]).status == 201)
        #expect(await app.send(.post, RuleContractTests.path, RuleContractTests.body).status == 201)
        let weekly: JSONValue = ["type": "weekly", "weekdays": ["sun"], "start": "02:30", "duration_minutes": 60]
        #expect(await app.send(.post, "/api/v1/maintenance", ["name": "W", "schedule": weekly]).status == 201)
        #expect(try await health(app) == "ok")
        _ = try await app.database.execute("UPDATE \(test.table) SET \(test.column) = $1", [.text(test.stored)])
        return app
    }

    private func health(_ app: TestApplication) async throws -> JSONValue? {
        await app.send(.get, "/health").json["checks"]?["newer_rows"]?["status"]
    }

    private func isSaid(_ answer: Answer) -> Bool {
        let warnings = answer.json["warnings"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return warnings.contains { $0.contains("newer release") && $0.contains("colour") }
    }

    @Test("answers, health and a metric name what is kept", arguments: cases) func said(_ test: Case) async throws {
        let app = try await application(test)
        let read = try await app.ask(.get, test.path)
        #expect(read.status == 200 && isSaid(read), "\(read)")
        #expect(try await health(app) == "degraded")
        let message = await app.send(.get, "/health").json["checks"]?["newer_rows"]?["message"]?.stringValue ?? ""
        #expect(message.contains("\(test.table) 1: ") && message.hasSuffix("colour"), "\(message)")
        #expect(await app.send(.get, "/metrics").text.contains("sentinel_stored_rows_newer 1"))
    }

    @Test("a change keeps it, and says so", arguments: cases) func kept(_ test: Case) async throws {
        let app = try await application(test)
        let changed = try await app.ask(.patch, test.path, test.change)
        #expect(changed.status == 200 && isSaid(changed), "\(changed)")
        let answer = try await app.ask(.get, test.path).json
        let replaced = try await app.ask(.put, test.path, answer)
        #expect(replaced.status == 200 && isSaid(replaced), "\(replaced)")
        let rows = try await app.database.query("SELECT \(test.column) FROM \(test.table)")
        #expect(try rows.first?.text(0).contains(#""colour":"green""#) == true)
        #expect(try await health(app) == "degraded")
    }

    @Test("health forgets what is deleted", arguments: cases) func forgotten(_ test: Case) async throws {
        let app = try await application(test)
        _ = try await app.ask(.get, test.path)
        #expect(try await health(app) == "degraded")
        #expect(await app.send(.delete, test.path).status == 204)
        #expect(try await health(app) == "ok")
    }

    @Test("a member that people misspell is refused with a suggestion", arguments: cases)
    func misspelt(_ test: Case) async throws {
        let app = try await application(test)
        guard case .object(let object) = test.change, let name = object.members.first?.key else { return }
        let wrong = String(name.dropLast())
        let answer = try await app.ask(.patch, test.path, .object(JSONObject([(wrong, 1)])))
        #expect(answer.faults == ["extra_forbidden body.\(wrong)"], "\(answer)")
        #expect(answer.text.contains("did you mean \(name)?"), "\(answer)")
    }

    @Test("a channel keeps and passes over a setting that a newer file of its kind has") func channel() async throws {
        let app = try await TestApplication()
        let hook: JSONValue = ["name": "Hook", "kind": "webhook", "settings": ["url": "http://hook.test/"]]
        #expect(await app.send(.post, "/api/v1/channels", hook).status == 201)
        let repository = ChannelRepository(
            database: app.database,
            seal: SettingsSeal(seal: { text, place in "\(place):\(text)" }) { text, place in
                String(text.dropFirst(place.count + 1))
            }
        )
        var newer = try #require(try await repository.channel(ChannelID(rawValue: 1)))
        newer.settings["colour"] = "green"
        try await repository.update(newer)
        let read = try await app.ask(.get, "/api/v1/channels/1")
        #expect(
            isSaid(read) && read.json["settings"]?["colour"] == "********" && read.json["fault"] == .null,
            "\(read)"
        )
        #expect(try await app.ask(.patch, "/api/v1/channels/1", ["name": "Other"]).status == 200)
        let replaced = try await app.ask(.put, "/api/v1/channels/1", read.json)
        #expect(replaced.status == 200 && isSaid(replaced), "\(replaced)")
        #expect(try await repository.channel(ChannelID(rawValue: 1))?.settings["colour"] == "green")
        let settings: JSONValue = ["settings": ["url": "http://hook.test/", "colour": "red"]]
        let refused = try await app.ask(.patch, "/api/v1/channels/1", settings)
        #expect(refused.faults == ["value_error body.settings.colour"], "\(refused)")
        let catalog = try ProviderCatalog.load()
        app.database.rowFaults.report(to: app.health, app.metrics)
        let survey = StoredRowSurvey(
            database: app.database,
            channels: repository,
            unknownSettings: { catalog.unknownSettings(of: ChannelSettings(kind: $0.kind, values: $0.settings)) }
        )
        try await survey.run(at: .now)
        let said = await app.send(.get, "/health").json["checks"]?["newer_rows"]?["message"]?.stringValue ?? ""
        #expect(said.hasSuffix("channels 1: settings.colour"), "\(said)")
        #expect(await app.send(.delete, "/api/v1/channels/1").status == 204)
        #expect(try await health(app) == "ok")
    }
}
