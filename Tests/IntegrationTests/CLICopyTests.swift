import Base
import Glibc
import HTTPClient
import Runtime
import TestSupport
import Testing

/// `sentinel copy`: from a file to a server and back.
@Suite(.timeLimit(.minutes(10))) struct CLICopyTests {
    private static let paths = [
        "monitors", "monitors/1", "monitors/1/history?limit=100", "channels", "maintenance", "policies",
        "silences",
    ]

    /// What the API shows of an installation, without what follows from the time.
    private func answers(_ url: String, _ client: HTTPClient) async throws -> [String] {
        var answers: [String] = []
        for path in Self.paths {
            let answer = try await client.send(HTTPClientRequest(url: "\(url)/api/v1/\(path)"))
            answers.append("\(path) \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
        }
        return answers
    }

    private func stop(_ server: RunningProcess) async {
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    @Test func installationIsTheSameThereAndBack() async throws {
        let folder = try CLIFolder()
        let client = HTTPClient(loop: try EventLoop(name: "copy-test"))
        let target = LoopbackTarget.answering()
        let postgres = try await PostgresServer.shared()
        let url = postgres.url(schema: try await postgres.newSchemaName())
        let (first, address) = try await folder.serve()
        for (path, body) in [
            ("monitors", #"{"name":"a","url":"\#(target.url())","headers":{"Authorization":"Bearer x"},"tags":["b"]}"#),
            ("monitors", #"{"name":"down","url":"http://127.0.0.1:1/","retries":0}"#),
            ("channels", #"{"name":"ops","kind":"webhook","settings":{"url":"\#(target.url("/hook"))"}}"#),
        ] {
            let request = HTTPClientRequest(method: "POST", url: "\(address)/api/v1/\(path)", body: Array(body.utf8))
            #expect(try await client.send(request).status == 201)
        }
        // A number that is gone stays gone.
        let extra = #"{"name":"gone","url":"http://127.0.0.1:1/"}"#
        let made = HTTPClientRequest(method: "POST", url: "\(address)/api/v1/monitors", body: Array(extra.utf8))
        #expect(try await client.send(made).status == 201)
        let removal = HTTPClientRequest(method: "DELETE", url: "\(address)/api/v1/monitors/3")
        #expect(try await client.send(removal).status == 204)
        for monitor in [1, 2] {
            await eventually {
                let request = HTTPClientRequest(url: "\(address)/api/v1/monitors/\(monitor)/history")
                let answer = try? await client.send(request)
                return (answer.flatMap { try? JSONValue(parsing: $0.body) })?.arrayValue?.isEmpty == false
            }
        }
        let there = ["copy", "--from", "sqlite:data/sentinel.db", "--to", url]
        let busy = try await folder.run(there)
        #expect(busy.code == 1 && busy.standardError.contains("serves the database 'data/sentinel.db'"), "\(busy)")
        for monitor in [1, 2] {
            let body = Array(#"{"is_active":false}"#.utf8)
            let pause = HTTPClientRequest(method: "PATCH", url: "\(address)/api/v1/monitors/\(monitor)", body: body)
            #expect(try await client.send(pause).status == 200)
        }
        let before = try await answers(address, client)
        await stop(first)

        // Killed at any point, it goes on.
        for delay in [30, 200, 400] {
            let process = try SentinelBinary.start(there, folder: folder.path)
            // Real time on purpose: it is killed wherever it is by then.
            try await Task.sleep(for: .milliseconds(delay))
            process.send(signal: SIGKILL)
            _ = await process.wait()
        }
        let copied = try await folder.run(there)
        let isDone = copied.standardError.contains("the target is not empty")
        #expect(copied.code == 0 || isDone, "\(copied)")
        #expect(try await folder.run(there).standardError.contains("the target is not empty: its table "))

        let bytes = try SmallFile.read("\(folder.path)/data/sentinel.db.key", limit: 4096) ?? []
        let key = "hex:" + String(decoding: bytes, as: UTF8.self).filter { $0 != "\n" }
        let (second, other) = try await folder.serve(environment: ["DATABASE_URL": url, "SECRET_KEY": key])
        for (answer, original) in zip(try await answers(other, client), before) { #expect(answer == original) }
        let next = HTTPClientRequest(method: "POST", url: "\(other)/api/v1/monitors", body: Array(extra.utf8))
        #expect(try JSONValue(parsing: try await client.send(next).body)["id"] == 4)
        let gone = HTTPClientRequest(method: "DELETE", url: "\(other)/api/v1/monitors/4")
        #expect(try await client.send(gone).status == 204)
        await stop(second)

        let back = try await folder.run(["copy", "--from", url, "--to", "sqlite:data/other.db"])
        #expect(back.code == 0 && back.standardOutput.contains("all rows are the same"), "\(back)")
        let environment = ["DATABASE_URL": "sqlite:data/other.db", "SECRET_KEY": key]
        let (third, last) = try await folder.serve(environment: environment)
        for (answer, original) in zip(try await answers(last, client), before) { #expect(answer == original) }
        await stop(third)
    }

    @Test func unfinishedCopyIsNotServed() async throws {
        let folder = try CLIFolder()
        let postgres = try await PostgresServer.shared()
        let schema = try await postgres.newSchemaName()
        let environment = [
            "DATABASE_URL": postgres.url(schema: schema), "SECRET_KEY": String(repeating: "k", count: 32),
        ]
        #expect(try await folder.run(["migrate", "up"], environment: environment).code == 0)
        try await postgres.execute(
            "CREATE TABLE \(schema).copy_progress (source TEXT NOT NULL, monitor BIGINT NOT NULL)",
            "INSERT INTO \(schema).copy_progress VALUES ('sqlite:x.db', 0)"
        )
        let output = try await folder.run(["serve", "--port", "0"], environment: environment)
        #expect(output.code == 1)
        #expect(output.standardError.contains("a copy into it was not finished"), "\(output)")
        #expect(try await folder.run(["migrate", "up", "--database", "sqlite:data/other.db"]).code == 0)
        let words = ["copy", "--from", "sqlite:data/other.db", "--to", postgres.url(schema: schema)]
        let another = try await folder.run(words)
        #expect(another.standardError.contains("a copy of 'sqlite:x.db' into it has begun"), "\(another)")
    }
}
