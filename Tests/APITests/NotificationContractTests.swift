import API
import Base
import Domain
import HTTPServer
import Storage
import Testing

/// `/api/v1/notifications`.
@Suite struct NotificationContractTests {
    private let path = "/api/v1/notifications"

    @Test func notificationsShowTheirMessageAndTries() async throws {
        let app = try await TestApplication()
        let (channel, incident) = (try await app.addChannel("ops"), try await app.open())
        let id = try await app.addNotification(.dead, channel, incident)
        let answer = try await app.ask(.get, "\(path)/\(id)")
        for (name, value) in [
            ("id", 1), ("channel_id", 1), ("state", "dead"), ("event", "firing"), ("severity", "critical"),
            ("subject", "Shop"), ("incident_ids", [1]), ("created_at", "2025-11-20T05:09:37.000Z"), ("attempts", 2),
            ("next_at", .null), ("finished_at", "2025-11-20T05:09:37.000Z"), ("reference", .null),
            ("error", "status 500"),
            (
                "tries",
                [["at": "2025-11-20T05:09:37.000Z", "duration_ms": 12, "outcome": "retry", "detail": "status 500"]]
            ),
        ] as [(String, JSONValue)] {
            #expect(answer.json[name] == value, "\(name)")
        }
        #expect(answer.json["message"]?["items"]?.arrayValue?.first?["subject"] == "Shop")
        let listed = try await app.ask(.get, path).json.arrayValue?.first
        #expect(listed?["id"] == 1 && listed?["message"] == nil && listed?["tries"] == nil)
        for id in ["2", "0"] {
            let missing = try await app.ask(.get, "\(path)/\(id)")
            #expect(missing.status == 404 && missing.json["detail"] == "Notification not found")
        }
    }

    @Test func listsArePagedAndFiltered() async throws {
        let app = try await TestApplication()
        let channels = [try await app.addChannel("a"), try await app.addChannel("b")]
        let incidents = [try await app.open(), try await app.open()]
        for index in 0..<6 {
            let state = Storage.Notification.State.allCases[index % 3]
            _ = try await app.addNotification(state, channels[index % 2], incidents[index / 3])
        }
        for (query, expected) in [
            ("limit=4", [6, 5, 4, 3, 2, 1]), ("channel_id=1&limit=1", [5, 3, 1]), ("state=dead", [6, 3]),
            ("state=pending&channel_id=2", [4]), ("incident_id=1&limit=2", [3, 2, 1]), ("incident_id=9", []),
            ("cursor=3", [2, 1]),
        ] as [(String, [Int64])] {
            #expect(try await app.numbers("\(path)?\(query)") == expected, "\(query)")
        }
        for (query, fault) in [
            ("state=lost", "literal_error query.state"), ("channel_id=x", "int_parsing query.channel_id"),
            ("incident_id=-2", "int_parsing query.incident_id"), ("q=x", "extra_forbidden query.q"),
        ] {
            #expect(try await app.ask(.get, "\(path)?\(query)").faults == [fault], "\(query)")
        }
    }

    @Test func onlyDeadNotificationsAreResent() async throws {
        let app = try await TestApplication()
        let (channel, incident) = (try await app.addChannel("ops"), try await app.open())
        for state in Storage.Notification.State.allCases {
            let id = try await app.addNotification(state, channel, incident)
            let answer = try await app.ask(.post, "\(path)/\(id)/resend")
            guard state == .dead else {
                #expect(answer.status == 409, "\(answer)")
                #expect(answer.json["detail"] == "Only a notification that is dead can be sent again")
                continue
            }
            #expect(answer.status == 200, "\(answer)")
            #expect(answer.json["state"] == "pending" && answer.json["attempts"] == 0)
            #expect(answer.json["next_at"] != .null && answer.json["finished_at"] == .null)
            #expect(app.wakes.value == 1)
            #expect(try await app.ask(.post, "\(path)/\(id)/resend").status == 409)
        }
        #expect(try await app.ask(.post, "\(path)/9/resend").status == 404)
        #expect(app.wakes.value == 1)
    }

    @Test func notificationsOfDeletedChannelsCannotBeResent() async throws {
        let app = try await TestApplication()
        let (channel, incident) = (try await app.addChannel("ops"), try await app.open())
        let id = try await app.addNotification(.dead, channel, incident)
        #expect(try await app.alerting.channels.delete(channel.id, at: .now) != nil)
        let answer = try await app.ask(.post, "\(path)/\(id)/resend")
        #expect(answer.status == 409 && answer.json["detail"] == "The notification's channel was deleted")
        #expect(try await app.ask(.get, "\(path)/\(id)").json["state"] == "dead")
    }
}
