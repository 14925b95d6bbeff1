import Base
import Domain
import Glibc
import HTTPCheck
import TestSupport
import Testing

/// Queries, forms and files of requests, and keywords regardless of case.
@Suite struct RequestDataTests {
    private func request(
        _ path: String = "/",
        _ change: (inout HTTPSettings.Options) -> Void
    ) async throws -> String {
        let target = LoopbackTarget.answering()
        let outcome = await (try ProbeBench()).run(target.url(path), change)
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
        return try #require(target.requests.first)
    }

    @Test(arguments: [
        ("/", "/?a=1+2&%C3%BC%26=x%3D"), ("/p?q=1", "/p?q=1&a=1+2&%C3%BC%26=x%3D"),
        ("/p?", "/p?a=1+2&%C3%BC%26=x%3D"), ("/p#part", "/p?a=1+2&%C3%BC%26=x%3D"),
    ])
    func queryIsAdded(_ path: String, _ sent: String) async throws {
        let text = try await request(path) {
            $0.query = [.init(name: "a", value: "1 2"), .init(name: "ü&", value: "x=")]
        }
        #expect(text.hasPrefix("GET \(sent) HTTP/1.1\r\n"), "\(text)")
    }

    @Test func formIsSent() async throws {
        let text = try await request {
            $0.method = "POST"
            $0.form = [.init(name: "user", value: "ann"), .init(name: "note", value: "a&b c")]
        }
        #expect(text.hasPrefix("POST / ") && text.hasSuffix("\r\n\r\nuser=ann&note=a%26b+c"))
        #expect(text.contains("Content-Type: application/x-www-form-urlencoded\r\n"))
    }

    @Test func formAndQueryAreMaskedAndKept() throws {
        let stored = HTTPSettings(
            url: "http://a.test/",
            options: {
                var options = HTTPSettings.Options()
                options.form = [.init(name: "user", value: "ann"), .init(name: "password", value: "pw")]
                options.method = "POST"
                options.query = [.init(name: "api_key", value: "k")]
                return options
            }()
        )
        let spec = CheckSpec(stored)
        #expect(spec.holdsSecret)
        #expect(spec.masked["form"] == ["user": "ann", "password": "********"])
        #expect(spec.masked["query"] == ["api_key": "********"])
        var errors: [FieldError] = []
        let sent: JSONValue = ["form": ["user": "bob", "password": "********"]]
        let kept = HTTPKind.apply(sent, to: stored, stored: stored, &errors)
        #expect(errors.isEmpty && kept.options.form.last?.value == "pw" && kept.options.form.first?.value == "bob")
        _ = HTTPKind.apply(["url": "http://other.test/"], to: stored, stored: stored, &errors)
        #expect(!errors.isEmpty)
    }

    @Test(arguments: [
        JSONObject([("url", "http://a/"), ("form", ["a": "b"])]),
        JSONObject([("url", "http://a/"), ("method", "POST"), ("form", ["a": "b"]), ("body", "x")]),
        JSONObject([("url", "http://a/"), ("body_file", "/x"), ("body", "x")]),
    ])
    func onlyOneKindOfBodyIsAccepted(_ members: JSONObject) throws {
        let settings = try #require(try HTTPKind.spec(members).settings(of: HTTPKind.self))
        #expect(!HTTPKind.conflicts(in: settings).isEmpty)
    }

    // MARK: Files

    private func file(_ bytes: [UInt8]) -> String {
        let path = "/tmp/sentinel-body-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + start, $0.count - start) }
            if count <= 0 { break }
            start += count
        }
        close(descriptor)
        return path
    }

    @Test func bodyComesFromAFile() async throws {
        let path = file(Array("from a file".utf8))
        defer { unlink(path) }
        let text = try await request { ($0.method, $0.bodyFile) = ("PUT", path) }
        #expect(text.hasPrefix("PUT / ") && text.hasSuffix("\r\n\r\nfrom a file"))
    }

    @Test func changedBodyFileIsReadAgain() async throws {
        let path = file(Array("first".utf8))
        defer { unlink(path) }
        let target = LoopbackTarget.answering()
        let bench = try ProbeBench()
        for text in ["first", "second", "third"] {
            let new = file(Array(text.utf8))
            #expect(rename(new, path) == 0)
            // Checks that run together share one reading; later ones use what was read.
            for _ in 0..<2 {
                async let one = bench.run(target.url()) { ($0.method, $0.bodyFile) = ("PUT", path) }
                async let two = bench.run(target.url()) { ($0.method, $0.bodyFile) = ("PUT", path) }
                #expect(await one.isSuccess)
                #expect(await two.isSuccess)
            }
            #expect(target.requests.suffix(4).allSatisfy { $0.hasSuffix("\r\n\r\n\(text)") })
        }
        #expect(target.requests.count == 12)
        unlink(path)
        let gone = await bench.run(target.url()) { ($0.method, $0.bodyFile) = ("PUT", path) }
        expect(gone, .internalError, .internal)
        #expect(gone.failure?.message.contains("No such file") == true)
    }

    @Test func unusableBodyFileIsNamed() async throws {
        let large = file([UInt8](repeating: 65, count: HTTPLimits.bodyFile + 1))
        let pipe = "/tmp/sentinel-pipe-\(UInt64.random(in: 0 ... .max))"
        mkfifo(pipe, 0o600)
        defer {
            unlink(large)
            unlink(pipe)
        }
        let target = LoopbackTarget.answering()
        for (path, words) in [
            ("/nonexistent/x", "No such file"), ("/tmp", "no regular file"), (pipe, "no regular file"),
            (large, "larger"),
        ] {
            let outcome = await (try ProbeBench()).run(target.url()) { ($0.method, $0.bodyFile) = ("POST", path) }
            expect(outcome, .internalError, .internal)
            #expect(outcome.failure?.message.contains(words) == true, "\(String(describing: outcome.failure))")
        }
        #expect(target.requests.isEmpty)
    }

    // MARK: Keywords

    @Test(arguments: [
        ("ok", "All OK", true), ("ÄRGER", "viel ärger", true), ("привет", "ПРИВЕТ", true), ("σοφός", "ΣΟΦΌΣ", true),
        ("ok", "0k", false),
    ])
    func keywordsCanIgnoreCase(_ keyword: String, _ body: String, _ holds: Bool) async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
            // Byte by byte, so that letters are split.
            for byte in body.utf8 { connection.send([byte]) }
        }
        let outcome = await (try ProbeBench()).run(target.url()) {
            ($0.keyword, $0.ignoresKeywordCase) = (keyword, true)
        }
        #expect((outcome.failure == nil) == holds)
        let exact = await (try ProbeBench()).run(target.url()) { $0.keyword = keyword }
        expect(exact, .assertionBody, .assertion)
        #expect(exact.failure?.message == "the body lacks the keyword \"\(keyword)\"")
    }
}
