import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing
import sentinel

/// `sentinel rules preview`: first its text, then the program with a server.
@Suite struct CLIPreviewTests {
    @Test func monitorPreviewIsPrintedAsATable() throws {
        let answer = try JSONValue(
            parsing: """
                {"from":"A","to":"B","truncated":false,
                 "totals":{"monitors":2,"checks":90,"current":{"incidents":3,"notifications":3,"down_seconds":90},
                           "proposed":{"incidents":1,"notifications":1,"down_seconds":30}},
                 "monitors":[
                   {"id":1,"name":"Shop\\u001b","checks":45,"current":{"count":3,"down_seconds":90,"incidents":[]},
                    "proposed":{"count":1,"down_seconds":30,"incidents":[
                      {"started_at":"S","ended_at":null,"duration_seconds":30,"failed_checks":2,"reason":"http_status"}]}},
                   {"id":22,"name":"Basket","checks":45,"current":{"count":0,"down_seconds":0,"incidents":[]},
                    "proposed":{"count":0,"down_seconds":0,"incidents":[]}}]}
                """
        )
        #expect(
            PreviewReport.text(answer) == """
                From A to B: 90 results of 2 monitors

                ID  NAME    RESULTS  INCIDENTS  PROPOSED  DOWN   PROPOSED
                1   Shop?   45       3          1         1m30s  30s
                22  Basket  45       0          0         0s     0s
                    all     90       3          1         1m30s  30s

                There would have been:
                ID  NAME   STARTED  ENDED  LASTS  FAILED CHECKS  REASON
                1   Shop?  S        -      30s    2              http_status

                """
        )
    }

    @Test func rulePreviewIsPrintedAsATable() throws {
        let answer = try JSONValue(
            parsing: """
                {"from":"A","to":"B","step_seconds":60,"totals":{"series":3,"alerts":2,"reminders":1},"series":[
                  {"series":"","alerts":[{"started_at":"S","ended_at":"E","duration_seconds":60,"peak":null,"reminders":0}]},
                  {"series":"up{}","alerts":[{"started_at":"S","ended_at":null,"duration_seconds":5,"peak":9.5,"reminders":1}]}]}
                """
        )
        #expect(
            PreviewReport.text(answer) == """
                From A to B, every 1m: 3 series, 2 alerts, 1 reminders

                SERIES     STARTED  ENDED  LASTS  PEAK  REMINDERS
                (no data)  S        E      1m     -     0
                up{}       S        -      5s     9.5   1

                """
        )
        let none = try JSONValue(parsing: #"{"from":"A","to":"B","step_seconds":60,"totals":{},"series":[]}"#)
        #expect(PreviewReport.text(none).hasSuffix("\n\nThere would have been no alerts.\n"))
    }

    @Test(
        arguments: [
            ([], "nothing to try: give a setting such as --retries 2, or --file"),
            (["--retries", "21"], "--retries: Input should be less than or equal to 20"),
            (["--failure-window", "5/3"], "--failure-window: '5/3' is not"),
            (["--quorum", "some"], "--quorum: write any, majority, all, a share from 1% to 100%"),
            (["--retries", "1", "--from", "yesterday"], "--from: 'yesterday' is not a time"),
            (["--retries", "1", "--tag", "a", "--monitor", "b"], "--monitor and --tag exclude each other"),
            (["--file", "nowhere.json"], "--file: there is no file 'nowhere.json'"),
            (["--file", "nowhere.json", "--retries", "1"], "--file tries a rule"),
        ] as [([String], String)]
    )
    func usageErrorsExitWith2(words: [String], message: String) async throws {
        let output = try await SentinelBinary.run(["rules", "preview"] + words)
        #expect(output.code == 2 && output.standardOutput == "")
        #expect(output.standardError.contains(message), "\(output.standardError)")
    }

    @Test func missingServerExitsWith1() async throws {
        let address = "127.0.0.1:\(LoopbackTarget.closedPort())"
        let output = try await SentinelBinary.run(
            ["rules", "preview", "--retries", "1"],
            environment: ["SENTINEL_URL": address]
        )
        #expect(output.code == 1 && output.standardError.contains("cannot reach http://\(address): "))
    }

    /// Without confirmation, one failed check is an incident.
    @Test(.timeLimit(.minutes(10))) func settingsAndRulesArePreviewed() async throws {
        let folder = try CLIFolder()
        let (server, url) = try await folder.serve()
        let environment = ["SENTINEL_URL": url]
        func run(_ words: String..., code: Int32 = 0) async throws -> SentinelBinary.Output {
            let output = try await folder.run(words, environment: environment)
            #expect(output.code == code, "\(words) \(output)")
            return output
        }
        _ = try await run("monitors", "add", "Shop", "http://127.0.0.1:\(LoopbackTarget.closedPort())/", "--tag", "a")
        let client = HTTPClient(loop: try EventLoop(name: "preview-test"))
        func results() async -> Int {
            let answer = try? await client.send(HTTPClientRequest(url: "\(url)/api/v1/monitors/1/history"))
            return answer.flatMap { try? JSONValue(parsing: $0.body) }?.arrayValue?.count ?? 0
        }
        await eventually { await results() > 0 }
        _ = try await run("monitors", "rm", "2", code: 1)
        let tried = try await run("rules", "preview", "--monitor", "Shop", "--retries", "0", "--from", "1h")
        #expect(tried.standardOutput.contains("There would have been:\nID  NAME  STARTED"), "\(tried)")
        #expect(tried.standardOutput.contains("connect_refused\n") && tried.standardError == "", "\(tried)")
        let json = try await run("rules", "preview", "--tag", "a", "--retries", "20", "--json").standardOutput
        let answer = try JSONValue(parsing: json)
        #expect(answer["totals"]?["proposed"]?["incidents"] == 0 && answer["totals"]?["monitors"] == 1, "\(json)")
        let nobody = try await run("rules", "preview", "--monitor", "Basket", "--retries", "0", code: 1)
        #expect(nobody.standardError == "sentinel: no monitor is called 'Basket'\n")
        let strange = try await run("rules", "preview", "--monitor", "7", "--retries", "0", code: 2).standardError
        #expect(strange.contains("the server answered 422: monitors.0: there is no such monitor"))

        folder.write(
            """
            {"name":"Failing","metric_name":"failures","promql":"failures(5m)","source":"sentinel","threshold":0,
             "comparison":">","interval_seconds":10}
            """,
            to: "rule.json"
        )
        let rule = try await run("rules", "preview", "--file", "rule.json", "--from", "1h").standardOutput
        #expect(rule.contains(", every 10s: 1 series, "), "\(rule)")
        folder.write("no JSON", to: "rule.json")
        let bad = try await run("rules", "preview", "--file", "rule.json", code: 2).standardError
        #expect(bad.contains("--file: 'rule.json' is no JSON: "), "\(bad)")
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }
}
