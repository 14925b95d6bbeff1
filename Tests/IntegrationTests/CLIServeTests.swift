import Base
import Glibc
import HTTPClient
import Runtime
import Testing
import TestSupport

/// `sentinel serve`, used through the other commands.
@Suite struct CLIServeTests {
    @Test(.timeLimit(.minutes(10))) func monitorsAreAddedAndRemoved() async throws {
        let folder = try CLIFolder()
        let target = LoopbackTarget.answering()
        let (server, url) = try await folder.serve()
        let environment = ["SENTINEL_URL": url]
        #expect(
            try await folder.run(["monitors", "list"], environment: environment).standardOutput == "No monitors.\n"
        )
        let words = [
            "monitors", "add", "home page", target.url(), "--interval", "30s", "--tag", "b", "--tag", "a", "--expect",
            "200-299", "--timeout", "2500ms", "--keyword", "ok", "--header", "X-A: b", "--no-follow-redirects",
        ]
        let added = try await folder.run(words, environment: environment)
        #expect(added.standardError == "")
        #expect(added.standardOutput == "Added monitor 1: \(target.url())\n")
        let twice = try await folder.run(words, environment: environment)
        #expect(twice.code == 1)
        #expect(twice.standardError.hasPrefix("sentinel: the server answered 409: "))
        let list = try await folder.run(["monitors", "list", "--json", "--tag", "a"], environment: environment)
        let monitor = try #require(try JSONValue(parsing: list.standardOutput).arrayValue?.first)
        #expect(monitor["interval"] == 30)
        #expect(monitor["timeout"] == 2.5)
        #expect(monitor["expected_status"] == "200-299")
        #expect(monitor["follow_redirects"] == false)
        #expect(monitor["headers"] == ["X-A": "b"])
        let removed = try await folder.run(["monitors", "rm", "1", "99"], environment: environment)
        #expect(removed.code == 1)
        #expect(removed.standardOutput == "Removed monitor 1\n")
        #expect(removed.standardError.hasPrefix("sentinel: monitor 99: the server answered 404: "))
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    @Test(.timeLimit(.minutes(10))) func secondServerOnTheSameFileIsRefused() async throws {
        let folder = try CLIFolder()
        let (server, _) = try await folder.serve()
        let second = try await folder.run(["serve", "--port", "0"])
        #expect(second.code == 1)
        #expect(second.standardError.contains("process serves the database 'data/sentinel.db' already"))
        let down = try await folder.run(["migrate", "down"])
        #expect(down.code == 1)
        #expect(down.standardError.contains("process serves the database 'data/sentinel.db' already"))
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    /// By a symbolic link, a hard link, or the file's new name: two servers would lose each other's alerts.
    @Test(.timeLimit(.minutes(10))) func otherNamesOfAServedFileAreRefused() async throws {
        let folder = try CLIFolder()
        let (server, _) = try await folder.serve()
        let (file, other) = ("\(folder.path)/data/sentinel.db", "\(folder.path)/data/other.db")
        func refusal(_ words: String...) async throws -> String {
            let output = try await folder.run(words, environment: ["DATABASE_URL": "sqlite:data/other.db"])
            #expect(output.code == 1)
            return output.standardError
        }
        let taken = "process serves the database 'data/other.db' already"
        #expect(symlink("sentinel.db", other) == 0)
        #expect(try await refusal("serve", "--port", "0").contains(taken))
        #expect(try await refusal("migrate", "down").contains(taken))
        unlink(other)
        #expect(link(file, other) == 0)
        #expect(try await refusal("serve", "--port", "0").contains("has 2 names (hard links)"))
        #expect(try await refusal("migrate", "down").contains("has 2 names (hard links)"))
        #expect(access("\(other)-wal", F_OK) != 0, "it was not opened")
        unlink(other)
        #expect(rename(file, other) == 0)
        #expect(try await refusal("serve", "--port", "0").contains(taken))
        #expect(rename(other, file) == 0)
        server.send(signal: SIGTERM)
        #expect(await server.wait(timeout: .seconds(40)).code == 0)
    }

    /// A symbolic link to a database leads to the same key: the settings can be opened through both.
    @Test(.timeLimit(.minutes(10))) func anotherKeyIsReportedAndALinkHasTheSame() async throws {
        let folder = try CLIFolder()
        let client = HTTPClient(loop: try EventLoop(name: "key-test"))
        func health(_ url: String) async throws -> JSONValue {
            try JSONValue(parsing: try await client.send(HTTPClientRequest(url: "\(url)/health")).body)
        }
        func stop(_ server: RunningProcess) async {
            server.send(signal: SIGTERM)
            #expect(await server.wait(timeout: .seconds(40)).code == 0)
        }
        let (first, url) = try await folder.serve()
        for (path, body) in [
            ("channels", #"{"name":"ops","kind":"webhook","settings":{"url":"http://127.0.0.1:9/x"}}"#),
            ("monitors", #"{"name":"a","url":"http://127.0.0.1:9/","headers":{"Authorization":"Bearer x"}}"#),
        ] {
            var request = HTTPClientRequest(method: "POST", url: "\(url)/api/v1/\(path)", body: Array(body.utf8))
            request.headers = [("Content-Type", "application/json")]
            #expect(try await client.send(request).status == 201, "\(path)")
        }
        await stop(first)

        #expect(symlink("sentinel.db", "\(folder.path)/data/other.db") == 0)
        folder.write("DATABASE_URL=sqlite:data/other.db\n", to: ".env")
        let (linked, linkedURL) = try await folder.serve()
        #expect(try await health(linkedURL)["status"] == "healthy")
        await stop(linked)

        folder.write("SECRET_KEY=another-key-of-more-than-32-characters-in-all\n", to: ".env")
        let (other, otherURL) = try await folder.serve()
        var text = ""
        await eventually {
            text = (try? await health(otherURL).description) ?? ""
            return text.contains("1 of 1 enabled channels cannot send") && text.contains("1 in monitors")
        }
        #expect(text.contains(#""status":"degraded""#), "\(text)")
        #expect(other.standardError.contains("channels cannot send; their messages wait"))
        #expect(other.standardError.contains("stored rows cannot be read"))
        await stop(other)
    }

    /// Killed again and again without warning: everything reported as stored is there, and the next start is normal.
    @Test(.timeLimit(.minutes(10))) func killedServersLoseNoStoredResults() async throws {
        let folder = try CLIFolder()
        let target = LoopbackTarget.answering()
        var stored: Set<Int64> = []
        for round in 0..<4 {
            let (server, url) = try await folder.serve()
            let client = HTTPClient(loop: try EventLoop(name: "kill-test"))
            if round == 0 {
                let body = #"{"name":"a","url":"\#(target.url())"}"#
                let made = try await client.send(
                    HTTPClientRequest(method: "POST", url: "\(url)/api/v1/monitors", body: Array(body.utf8))
                )
                #expect(made.status == 201)
            }
            _ = try await client.send(HTTPClientRequest(method: "POST", url: "\(url)/api/monitoring/1/check"))
            let before = stored
            while stored.count <= before.count {
                let answer = try await client.send(HTTPClientRequest(url: "\(url)/api/monitoring/1/history"))
                let ids = try JSONValue(parsing: answer.body).arrayValue?.compactMap { $0["id"]?.integerValue } ?? []
                #expect(before.isSubset(of: ids), "round \(round)")
                stored = Set(ids)
            }
            server.send(signal: SIGKILL)
            _ = await server.wait(timeout: .seconds(40))
        }
        #expect(stored.count >= 4)
    }
}
