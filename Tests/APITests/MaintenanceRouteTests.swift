import API
import Base
import Domain
import HTTPServer
import SQL
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

    @Test("a window in the hour that clocks skip is refused with that reason") func skippedHour() async throws {
        let app = try await TestApplication()
        func message(_ members: KeyValuePairs<String, JSONValue>) async -> String {
            var object = JSONObject([("name", "Skipped"), ("time_zone", "Europe/Berlin")])
            for (name, value) in members { object[name] = value }
            let answer = await app.send(.post, Self.path, .object(object))
            #expect(answer.status == 422, "\(answer)")
            return answer.json["detail"]?.arrayValue?.first?["msg"]?.stringValue ?? ""
        }
        let start: JSONValue = "2027-03-28T02:10:00"
        let end: JSONValue = "2027-03-28T02:50:00"
        let both = "; the clocks of Europe/Berlin skip 2027-03-28T02:10:00 and 2027-03-28T02:50:00"
        let once = await message(["schedule": ["type": "once", "start": start, "end": end]])
        #expect(once == "Value error, the window must end after it begins" + both)
        let weekly: JSONValue = ["type": "weekly", "weekdays": ["sun"], "start": "02:30", "duration_minutes": 60]
        let valid = await message(["schedule": weekly, "from": start, "until": end])
        #expect(valid == "Value error, the window's validity must end after it begins" + both)
        let plain = await message(["schedule": ["type": "once", "start": end, "end": "2027-03-01T00:00:00Z"]])
        #expect(
            plain
                == "Value error, the window must end after it begins; the clocks of Europe/Berlin skip 2027-03-28T02:50:00"
        )
        let backwards = await message(["schedule": ["type": "once", "start": "2027-04-01T00:00:00", "end": end]])
        #expect(backwards.hasSuffix("skip 2027-03-28T02:50:00"))
        let summer = await message([
            "schedule": ["type": "once", "start": "2027-04-02T00:00:00", "end": "2027-04-01T00:00:00"]
        ])
        #expect(summer == "Value error, the window must end after it begins")
    }

    @Test func aWindowWhoseTimeZoneIsGoneSaysSo() async throws {
        let app = try await TestApplication()
        #expect(await app.send(.post, Self.path, Self.night).json["fault"] == .null)
        _ = try await app.database.execute("UPDATE maintenance_windows SET zone = 'Mars/Base'")
        let window = await app.send(.get, "\(Self.path)/1").json
        #expect(window["fault"]?.stringValue?.contains("Mars/Base") == true, "\(window)")
        #expect(window["active"] == false && window["next_occurrences"] == [])
        let disabled = await app.send(.patch, "\(Self.path)/1", ["enabled": false, "time_zone": "UTC"])
        #expect(disabled.json["fault"] == .null, "\(disabled)")
    }

    /// Without an offset a time is that of the zone's clocks: winter, summer, skipped, shown twice.
    @Test(arguments: [
        ("2026-12-01T02:00:00", "2026-12-01T03:00:00", "2026-12-01T01:00:00.000Z", "2026-12-01T02:00:00.000Z"),
        ("2026-07-01 02:00:00", "2026-07-01T02:00:00.5", "2026-07-01T00:00:00.000Z", "2026-07-01T00:00:00.500Z"),
        ("2026-03-29T02:30:00", "2026-03-29T04:00:00", "2026-03-29T01:00:00.000Z", "2026-03-29T02:00:00.000Z"),
        ("2026-10-25T02:30:00", "2026-10-25T02:30:00", "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"),
        ("2026-12-01T02:00:00Z", "2026-12-01T05:00:00+02:00", "2026-12-01T02:00:00.000Z", "2026-12-01T03:00:00.000Z"),
        ("2026-12-01", "2026-12-02", "2026-11-30T23:00:00.000Z", "2026-12-01T23:00:00.000Z"),
    ]) func timesWithoutOffsetAreThoseOfTheZone(
        _ start: String,
        _ end: String,
        _ first: String,
        _ last: String
    ) async throws {
        let app = try await TestApplication { $0.now = { Timestamp(milliseconds: 1_767_225_600_000) } }
        guard case .object(var body) = Self.once(start, end) else { return }
        body["time_zone"] = "Europe/Berlin"
        (body["from"], body["until"]) = (.string(start), .string(end))
        let created = await app.send(.post, Self.path, .object(body))
        let schedule: JSONValue = ["type": "once", "start": .string(first), "end": .string(last)]
        #expect(created.json["schedule"] == schedule, "\(created)")
        #expect(created.json["from"] == .string(first) && created.json["until"] == .string(last))
        let moved = await app.send(.patch, "\(Self.path)/1", ["time_zone": "UTC"])
        #expect(moved.json["schedule"] == created.json["schedule"], "what is stored are instants")
    }

    @Test func answerCanBeSentBack() async throws {
        let app = try await TestApplication()
        let created = await app.send(.post, Self.path, Self.night)
        let again = await app.send(.put, "\(Self.path)/1", created.json)
        #expect(again.status == 200 && again.json["schedule"] == created.json["schedule"], "\(again)")
    }

    @Test func answerNamesTheNextOccurrences() async throws {
        // 1 March 2026.
        let app = try await TestApplication { $0.now = { Timestamp(milliseconds: 1_772_323_200_000) } }
        let occurrences = await app.send(.post, Self.path, Self.night).json["next_occurrences"]?.arrayValue ?? []
        #expect(occurrences.count == 5)
        #expect(
            occurrences.first == [
                "start": "2026-03-01T01:30:00.000Z", "end": "2026-03-01T03:00:00.000Z",
                "local_start": "2026-03-01T02:30:00+01:00", "local_end": "2026-03-01T04:00:00+01:00",
            ]
        )
        let off = await app.send(.patch, "\(Self.path)/1", ["enabled": false])
        #expect(off.json["next_occurrences"] == [])
    }

    @Test func timesThatTheZoneNeverShowsAreRefused() async throws {
        let app = try await TestApplication()
        guard case .object(var body) = Self.once("2011-12-30T12:00:00", "2011-12-31T12:00:00") else { return }
        // A day that Samoa left out.
        body["time_zone"] = "Pacific/Apia"
        let refused = await app.send(.post, Self.path, .object(body))
        #expect(refused.status == 422 && refused.description.contains("never show this time"), "\(refused)")
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

    @Test("a window that is over or can never be active is refused; one that has become so can still be edited")
    func windowsThatAreOver() async throws {
        // 30 November 2026, 00:45 UTC.
        let now = Shared(Timestamp(milliseconds: 1_795_999_500_000))
        let app = try await TestApplication { $0.now = { now.value } }
        func made(_ members: KeyValuePairs<String, JSONValue>) async -> Answer {
            guard case .object(var body) = Self.night else { return await app.send(.get, Self.path) }
            for (name, value) in members { body[name] = value }
            return await app.send(.post, Self.path, .object(body))
        }
        let past = Self.once("2026-11-29T00:00:00Z", "2026-11-30T00:45:00Z")
        let once = await app.send(.post, Self.path, past)
        #expect(once.status == 422 && once.faults == ["value_error body.schedule.end"], "\(once)")
        #expect(once.text.contains("the window is over already"))
        #expect(await made(["until": "2026-11-29T00:00:00Z"]).faults == ["value_error body.until"])
        #expect(
            await made(["until": "2026-11-30T00:50:00Z"]).faults == ["value_error body.until"],
            "before the next one"
        )
        let outside = await made([
            "schedule": ["type": "once", "start": "2026-12-01T00:00:00Z", "end": "2026-12-02T00:00:00Z"],
            "from": "2027-01-01T00:00:00Z",
        ])
        #expect(outside.faults == ["value_error body.from"], "\(outside)")
        let soon = await app.send(.post, Self.path, Self.once("2026-11-30T01:00:00Z", "2026-11-30T02:00:00Z"))
        #expect(soon.status == 201, "\(soon)")
        now.change { $0 = Timestamp(milliseconds: $0.milliseconds + 86_400_000) }
        let one = "\(Self.path)/1"
        let comment = await app.send(.patch, one, ["comment": "done"])
        #expect(comment.status == 200 && comment.json["next_change_at"] == .null, "\(comment)")
        #expect(await app.send(.put, one, comment.json).status == 200)
        let moved = await app.send(.patch, one, ["schedule": past["schedule"] ?? .null])
        #expect(moved.faults == ["value_error body.schedule.end"], "\(moved)")
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
