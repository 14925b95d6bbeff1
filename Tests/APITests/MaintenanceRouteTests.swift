import API
import Base
import Domain
import HTTPServer
import Testing

@Suite struct MaintenanceRouteTests {
    private static let path = "/api/v1/maintenance"
    private static let night: JSONValue = [
        "name": "Night", "matchers": ["tag=shop"],
        "schedule": ["type": "weekly", "weekdays": ["mon", "sun"], "start": "02:30", "duration_minutes": 90],
        "time_zone": "Europe/Berlin",
    ]

    private static func once(_ start: String, _ end: String) -> JSONValue {
        ["name": "Once", "schedule": ["type": "once", "start": .string(start), "end": .string(end)]]
    }

    @Test func windowsAreCreatedReadChangedAndDeleted() async throws {
        // A Monday, 01:45 in Berlin.
        let app = try await TestApplication { $0.now = { Timestamp(milliseconds: 1_795_999_500_000) } }
        let created = await app.send(.post, Self.path, Self.night)
        #expect(created.status == 201 && created.headers["Location"] == "\(Self.path)/1")
        #expect(created.json["active"] == false && created.json["next_change_at"] == "2026-11-30T01:30:00.000Z")
        #expect(
            created.json["schedule"] == [
                "type": "weekly", "weekdays": ["mon", "sun"], "start": "02:30", "duration_minutes": 90,
            ]
        )
        #expect(created.json["comment"] == "" && created.json["from"] == .null && created.json["enabled"] == true)
        #expect(await app.send(.get, "\(Self.path)/1").json == created.json)
        #expect(await app.send(.get, Self.path).json == [created.json])
        #expect(await app.send(.post, Self.path, Self.night).status == 409)
        let changed = await app.send(.patch, "\(Self.path)/1", ["enabled": false, "comment": "off"])
        #expect(changed.json["next_change_at"] == .null && changed.json["time_zone"] == "Europe/Berlin")
        let replaced = await app.send(
            .put,
            "\(Self.path)/1",
            Self.once("2026-11-30T00:00:00Z", "2026-11-30T05:00:00+01:00")
        )
        #expect(replaced.json["active"] == true && replaced.json["next_change_at"] == "2026-11-30T04:00:00.000Z")
        #expect(replaced.json["matchers"] == [] && replaced.json["comment"] == "" && replaced.json["enabled"] == true)
        #expect(await app.send(.delete, "\(Self.path)/1").status == 204)
        #expect(app.broker.maintenanceChanges.map(\.id) == [1, 1, 1, 1], "created, changed, replaced, deleted")
        for method in [Method.get, .delete] { #expect(await app.send(method, "\(Self.path)/1").status == 404) }
        #expect(await app.send(.patch, "\(Self.path)/1", ["enabled": true]).status == 404)
    }

    @Test(
        arguments: [
            (["name": "a"], ["missing body.schedule"]),
            (once("2026-11-30T02:00:00Z", "2026-11-30T01:00:00Z"), ["value_error body.schedule.end"]),
            (once("tomorrow", "2026-11-30T01:00:00Z"), ["value_error body.schedule.start"]),
            (
                ["name": "a", "schedule": ["type": "cron", "expression": "99 * * * *", "duration_minutes": 5]],
                ["value_error body.schedule.expression"]
            ),
            (
                ["name": "a", "schedule": ["type": "cron", "expression": "* * * * *", "duration_minutes": 5]],
                ["value_error body.schedule.duration_minutes"]
            ),
            (
                ["name": "a", "schedule": ["type": "cron", "expression": "0 * * * *", "duration_minutes": 0]],
                ["greater_than_equal body.schedule.duration_minutes"]
            ),
            (
                [
                    "name": "a",
                    "schedule": ["type": "weekly", "weekdays": [], "start": "02:30", "duration_minutes": 5],
                ],
                ["value_error body.schedule.weekdays"]
            ),
            (
                [
                    "name": "a", "matchers": ["tag=a", "severity=info", "nonsense"],
                    "schedule": ["type": "weekly", "weekdays": ["mo"], "start": "25:30", "duration_minutes": 5],
                ],
                [
                    "value_error body.matchers.1", "value_error body.matchers.2",
                    "literal_error body.schedule.weekdays.0",
                    "value_error body.schedule.start",
                ]
            ),
            (["name": "a", "schedule": ["type": "daily"]], ["literal_error body.schedule.type"]),
            (
                ["name": "a", "time_zone": "Europe/Berln", "schedule": ["type": "once"]],
                ["missing body.schedule.start", "missing body.schedule.end", "value_error body.time_zone"]
            ),
            (
                [
                    "name": "a", "from": "2026-11-30T02:00:00Z", "until": "2026-11-30T02:00:00Z",
                    "schedule": ["type": "cron", "expression": "0 1 * * *", "duration_minutes": 5],
                ],
                ["value_error body.until"]
            ),
        ] as [(JSONValue, [String])]
    )
    func errorsNameTheirLocation(_ body: JSONValue, _ faults: [String]) async throws {
        let app = try await TestApplication()
        let answer = await app.send(.post, Self.path, body)
        #expect(answer.status == 422 && answer.faults == faults, "\(answer)")
        #expect(await app.send(.get, Self.path).json == [])
    }

    @Test func unknownZonesGetASuggestion() async throws {
        let app = try await TestApplication()
        var body = Self.night
        if case .object(var object) = body {
            object["time_zone"] = "Europe/Berln"
            body = .object(object)
        }
        let answer = await app.send(.post, Self.path, body)
        #expect(answer.status == 422 && answer.text.contains("did you mean 'Europe/Berlin'?"), "\(answer)")
    }
}
