import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing
import sentinel

/// `sentinel incidents`, `silences` and `notifications`: first their text, then the program with a server.
@Suite struct CLIAlertingTests {
    private func list(_ text: String) throws -> [JSONValue] { try JSONValue(parsing: text).arrayValue ?? [] }

    @Test func incidentsArePrintedAsATable() throws {
        let incidents = try list(
            """
            [{"id":12,"state":"open","severity":"critical","opened_at":"2026-11-20T05:09:37.000Z","duration_seconds":90,
              "subject":"Shop","message":"status\\n503"},{}]
            """
        )
        #expect(
            IncidentReport.table(incidents).split(separator: "\n") == [
                "ID  STATE  SEVERITY  OPENED                    LASTS  SUBJECT  MESSAGE",
                "12  open   critical  2026-11-20T05:09:37.000Z  1m30s  Shop     status?503",
                "-   -      -         -                         -      -        -",
            ]
        )
        #expect(IncidentReport.table([]) == "No incidents.\n")
    }

    @Test func incidentIsPrintedWithItsTimeline() throws {
        let incident = try JSONValue(
            parsing: """
                {"id":1,"subject":"Shop","state":"acknowledged","reason":null,"tags":["a","b"],"failures":2,
                 "acknowledged_by":"Ada\\u001b","duration_seconds":5}
                """
        )
        let timeline = try list(
            """
            [{"at":"T1","kind":"opened","author":null,"text":"Down"},
             {"at":"T2","kind":"acknowledged","author":"Ada","text":"On it"}]
            """
        )
        #expect(
            IncidentReport.text(incident, timeline) == """
                Incident:  1
                Subject:   Shop
                State:     acknowledged
                Tags:      a,b
                By:        Ada?
                Lasts:     5s

                T1  opened        Down
                T2  acknowledged  Ada: On it

                """
        )
        #expect(!IncidentReport.text(incident, []).contains("\n\n"))
    }

    @Test func silencesAndNotificationsArePrintedAsTables() throws {
        let silences = try list(
            #"[{"id":1,"state":"active","starts_at":"A","ends_at":"B","matchers":["tag=a","kind=rule"],"comment":"x"}]"#
        )
        #expect(
            SilencesTable.text(silences) == """
                ID  STATE   FROM  UNTIL  MATCHERS         AUTHOR  COMMENT
                1   active  A     B      tag=a kind=rule  -       x

                """
        )
        let notifications = try list(
            """
            [{"id":7,"state":"dead","channel_id":2,"event":"firing","attempts":9,"created_at":"A","subject":"Shop",
              "error":"status 500"}]
            """
        )
        #expect(
            NotificationsTable.text(notifications) == """
                ID  STATE  CHANNEL  EVENT   TRIES  CREATED  SUBJECT  ERROR
                7   dead   2        firing  9      A        Shop     status 500

                """
        )
        #expect(SilencesTable.text([]) == "No silences.\n")
        #expect(NotificationsTable.text([]) == "No notifications.\n")
    }

    @Test(
        arguments: [
            (["incidents", "list", "--state", "closed"], "--state: 'closed' is not one of active, open"),
            (["incidents", "ack"], "the argument ID is missing"), (["incidents", "ack", "0"], "ID: '0' is not"),
            (["incidents", "comment", "1"], "the argument TEXT is missing"),
            (["silences", "add", "tag=a"], "--for is missing: how long, such as 2h"),
            (["silences", "add", "tag=a", "--for", "1500ms"], "--for must be whole seconds"),
            (["silences", "add", "tag=a", "--for", "366d"], "--for: '366d' is not a duration"),
            (["silences", "add", "--for", "2h"], "the argument MATCHER is missing"),
            (["copy"], "it needs both --from URL and --to URL"),
            (["copy", "--from", "sqlite:///a.db", "--to", "sqlite:///a.db"], "--from and --to are the same database"),
            (["notifications", "list", "--state", "lost"], "--state: 'lost' is not one of pending, delivered, dead"),
            (["notifications", "resend", "x"], "ID: 'x' is not"),
            (["notify", "test"], "the argument CHANNEL is missing"),
            (["silences"], "a command is missing: one of list, show, add, remove"),
        ] as [([String], String)]
    )
    func usageErrorsExitWith2(words: [String], message: String) async throws {
        let output = try await SentinelBinary.run(words)
        #expect(output.code == 2 && output.standardOutput == "")
        #expect(output.standardError.contains(message), "\(output.standardError)")
    }

    @Test func missingServerExitsWith1() async throws {
        let address = "127.0.0.1:\(LoopbackTarget.closedPort())"
        for words in [
            ["incidents", "list"], ["incidents", "show", "1"], ["incidents", "resolve", "1"], ["silences", "list"],
            ["silences", "add", "tag=a", "--for", "1h"], ["silences", "end", "1"], ["notifications", "list"],
            ["notifications", "resend", "1"], ["notify", "channels"], ["notify", "test", "ops"],
        ] {
            let output = try await SentinelBinary.run(words, environment: ["SENTINEL_URL": address])
            #expect(output.code == 1 && output.standardOutput == "")
            #expect(output.standardError.contains("cannot reach http://\(address): "))
        }
    }

    @Test(.timeLimit(.minutes(10))) func channelsAreListedAndTested() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        let answer = Locked("200 OK")
        let receiver = LoopbackTarget.answering { _, connection in
            connection.respond(answer.withLock { $0 }, body: "no such hook")
        }
        func run(_ words: String..., code: Int32 = 0) async throws -> SentinelBinary.Output {
            let output = try await folder.run(words, environment: ["SENTINEL_URL": url])
            #expect(output.code == code, "\(words) \(output)")
            return output
        }
        #expect(try await run("notify", "channels").standardOutput == "No channels.\n")
        let missing = try await run("notify", "test", "ops", code: 1)
        #expect(missing.standardError == "sentinel: no channel is called 'ops'; there are none\n")
        let client = HTTPClient(loop: try EventLoop(name: "channel-test"))
        var request = HTTPClientRequest(method: "POST", url: "\(url)/api/v1/channels")
        request.headers = [("Content-Type", "application/json")]
        let body: JSONValue = ["name": "ops", "kind": "webhook", "settings": ["url": .string(receiver.url())]]
        request.body = Array(body.description.utf8)
        #expect(try await client.send(request).status == 201)
        #expect(
            try await run("notify", "channels").standardOutput == """
                ID  NAME  KIND     FROM  ENABLED  DEFAULT
                1   ops   webhook  api   yes      yes

                """
        )
        for name in ["ops", "1"] {
            #expect(try await run("notify", "test", name).standardOutput.hasPrefix("ops took the message ("))
        }
        #expect(receiver.requests.count == 2 && receiver.requests.allSatisfy { $0.hasPrefix("POST / ") })
        answer.withLock { $0 = "404 Not Found" }
        let refused = try await run("notify", "test", "ops", code: 1).standardOutput
        #expect(refused.hasPrefix("ops refuses the message (") && refused.contains("404"), "\(refused)")
        let json = try JSONValue(parsing: try await run("notify", "test", "ops", "--json", code: 1).standardOutput)
        #expect(json["outcome"] == "refused")
        let unknown = try await run("notify", "test", "dev", code: 1)
        #expect(unknown.standardError == "sentinel: no channel is called 'dev'; there are: ops\n")
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(60)).code == 0)
    }

    /// From an outage to its acknowledgement.
    @Test(.timeLimit(.minutes(10))) func outageIsListedAndAcknowledged() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        let environment = ["SENTINEL_URL": url, "USER": "ada"]
        func run(_ words: String..., code: Int32 = 0) async throws -> SentinelBinary.Output {
            let output = try await folder.run(words, environment: environment)
            #expect(output.code == code, "\(words) \(output)")
            #expect((output.standardError == "") == (code == 0), "\(words) \(output)")
            return output
        }
        #expect(try await run("incidents", "list").standardOutput == "No incidents.\n")
        _ = try await run("monitors", "add", "Shop", "http://127.0.0.1:\(LoopbackTarget.closedPort())/", "--tag", "a")
        // Checks on demand confirm the outage without waiting for the schedule.
        let client = HTTPClient(loop: try EventLoop(name: "outage-test"))
        await eventually {
            _ = try? await client.send(HTTPClientRequest(method: "POST", url: "\(url)/api/monitoring/1/check"))
            let answer = try? await client.send(HTTPClientRequest(url: "\(url)/api/v1/incidents"))
            return answer.flatMap { try? JSONValue(parsing: $0.body) }?.arrayValue?.isEmpty == false
        }
        let listed = try await run("incidents", "list", "--state", "active", "--limit", "5").standardOutput
        #expect(listed.contains("\n1   open   critical  ") && listed.contains("Shop"), "\(listed)")
        let acknowledged = try await run("incidents", "ack", "1", "--comment", "On it").standardOutput
        #expect(acknowledged == "Acknowledged incident 1: Shop\n")
        let commented = try await run("incidents", "comment", "1", "A cable", "--author", "Eve").standardOutput
        #expect(commented == "Commented on incident 1: Shop\n")
        let shown = try await run("incidents", "show", "1").standardOutput
        for words in ["State:         acknowledged\n", "By:            ada\n", "  ada: On it\n", "  Eve: A cable\n"] {
            #expect(shown.contains(words), "\(shown)")
        }
        let json = try JSONValue(parsing: try await run("incidents", "show", "1", "--json").standardOutput)
        #expect(json["state"] == "acknowledged" && json["timeline"]?.arrayValue?.last?["text"] == "A cable")
        let refused = try await run("incidents", "resolve", "1", code: 1)
        #expect(refused.standardError.contains("the server answered 409: The monitor is still down"), "\(refused)")
        #expect(try await run("incidents", "ack", "9", code: 1).standardError.contains("404: Incident not found"))

        let added = try await run("silences", "add", "tag=a", "name~Sh*", "--for", "2h", "--comment", "Deploying")
        #expect(added.standardOutput.hasPrefix("Added silence 1 until 2"), "\(added)")
        let flags = ["--matcher", "tag=b", "--matcher", "name=x", "--for", "2h", "--json"]
        let more = try await folder.run(["--server", url, "silences", "add", "tag=a"] + flags)
        let kept = try JSONValue(parsing: more.standardOutput)
        #expect(kept["matchers"] == ["tag=a", "tag=b", "name=x"], "\(more)")
        #expect(try await run("silences", "end", "2").standardOutput == "Ended silence 2\n")
        let bad = try await run("silences", "add", "owner=a", "--for", "2h", code: 2).standardError
        #expect(bad.contains("the server answered 422: matchers.0: there is no label 'owner'"), "\(bad)")
        let silences = try await run("silences", "list").standardOutput
        #expect(silences.contains("  tag=a name~Sh*  ada     Deploying\n"), "\(silences)")
        #expect(try await run("silences", "end", "1").standardOutput == "Ended silence 1\n")
        #expect(try await run("silences", "list").standardOutput == "No silences.\n")
        #expect(try await run("silences", "list", "--all").standardOutput.contains("\n1   expired  "))
        #expect(try await run("notifications", "list", "--state", "dead").standardOutput == "No notifications.\n")
        #expect(try await run("notifications", "resend", "1", code: 1).standardError.contains("Notification not found"))
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }
}
