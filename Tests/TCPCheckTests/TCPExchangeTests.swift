import Base
import Checks
import Sockets
import TCPCheck
import TestSupport
import Testing

@Suite("Exchanges of TCP checks") struct TCPExchangeTests {
    /// A server that answers each received line with the answer at the same position.
    private func script(_ answers: [String], greeting: String = "", tls: TLSServerContext? = nil) -> LoopbackTarget {
        LoopbackTarget(tls: tls) { connection in
            connection.send(greeting)
            for answer in answers {
                let line = connection.read()
                if line.isEmpty { return }
                connection.send(answer)
            }
            connection.waitForClose()
        }
    }

    private func steps(_ text: String) throws -> [TCPStep] {
        let object = try JSONValue(parsing: #"{"host": "a", "port": 1, "steps": \#(text)}"#)
        guard case .object(let members) = object else { return [] }
        return try TCPKind.spec(members).settings(of: TCPKind.self)?.options.steps ?? []
    }

    @Test("a request gets the expected answer") func simple() async throws {
        let target = script(["+PONG\r\n"])
        let outcome = await (try TCPBench()).run(target.port) {
            $0.send = #"PING\r\n"#
            $0.expect = #"+PONG\r\n"#
        }
        #expect(outcome.isSuccess && outcome.phases.request != nil && outcome.bodyBytes == 7)
    }

    @Test("several steps follow each other, in text, hexadecimal and expressions") func several() async throws {
        let target = script(["+OK user\r\n", "+OK 3 messages\r\n"], greeting: "+OK ready <1@x>\r\n")
        let plan = try steps(
            #"""
            [{"expect_pattern": "^\\+OK.*<\\d+@\\w+>\\r\\n"}, {"send": "USER me\\r\\n", "expect": "+OK"},
             {"send_hex": "504153530d0a", "expect_hex": "6d6573736167"}, {"send": "QUIT\\r\\n"}]
            """#
        )
        let outcome = await (try TCPBench()).run(target.port) { $0.steps = plan }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
    }

    @Test("bytes of one answer serve several steps") func leftovers() async throws {
        let target = script([], greeting: "one two three")
        let plan = try steps(#"[{"expect": "one"}, {"expect": "two"}, {"expect": "three"}]"#)
        #expect(await (try TCPBench()).run(target.port) { $0.steps = plan }.isSuccess)
        let backwards = try steps(#"[{"expect": "two"}, {"expect": "one"}]"#)
        let outcome = await (try TCPBench()).run(target.port) {
            $0.steps = backwards
            $0.timeout = .milliseconds(150)
        }
        expect(outcome, .assertionAnswer, .assertion)
        #expect(outcome.failure?.message.hasPrefix("step 2: ") == true)
    }

    @Test("a text is found across two packets") func border() async throws {
        let target = LoopbackTarget { connection in
            for piece in ["hel", "lo wo", "rld"] {
                connection.send(piece)
                usleepMilliseconds(5)
            }
            connection.waitForClose()
        }
        #expect(await (try TCPBench()).run(target.port) { $0.expect = "hello world" }.isSuccess)
    }

    @Test("a catastrophic expression is aborted") func explosion() async throws {
        let target = script([], greeting: String(repeating: "a", count: 3000))
        let outcome = await (try TCPBench()).run(target.port) { $0.expectPattern = "^(a+)+[xy]$" }
        expect(outcome, .assertionAnswer, .assertion)
        #expect(outcome.failure?.message == "the expression takes too long on this text")
    }

    @Test("steps match bytes that are not UTF-8") func bytewise() async throws {
        let target = LoopbackTarget { connection in
            connection.send([UInt8](Array("220 m".utf8) + [0xFC] + Array("nchen ESMTP\r\n".utf8)))
            _ = connection.read()
            connection.send([0xFF, 0xC3])
            connection.close()
        }
        let plan = try steps(
            #"""
            [{"expect_pattern": "^220 .* ESMTP\\r\\n$"}, {"send": "x", "expect_pattern": "^\\xff\\xc3$"}]
            """#
        )
        let outcome = await (try TCPBench()).run(target.port) { $0.steps = plan }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
    }

    @Test("each check has all the steps of its expressions") func allSteps() async throws {
        let bench = try TCPBench()
        let target = script([], greeting: String(repeating: "a", count: 4000) + "b")
        // Each takes half a million steps, and all run in the same check of the pool.
        for index in 0..<60 {
            let outcome = await bench.run(target.port) { $0.expectPattern = "a*[xyz]|b" }
            #expect(outcome.isSuccess, "\(index): \(String(describing: outcome.failure))")
            guard outcome.isSuccess else { return }
        }
    }

    @Test("TLS from the start has its facts") func tls() async throws {
        let context = TLSServerContext(TestCertificate("leaf", issuer: TCPBench.authority))
        let target = script(["pong"], tls: context)
        let outcome = await (try TCPBench()).run(target.port) {
            $0.usesTLS = true
            $0.send = "ping"
            $0.expect = "pong"
        }
        #expect(outcome.isSuccess && outcome.facts?["protocol"] == "TLSv1.3" && outcome.facts?["cipher"] != nil)
        #expect(outcome.certificate?.valid == true && outcome.phases.tls != nil)
        #expect(Set(TCPKind.facts.map(\.name)) == Set(outcome.facts?.members.map(\.key) ?? []))
    }

    @Test("STARTTLS in SMTP is followed by steps") func startTLS() async throws {
        let context = TLSServerContext(TestCertificate("leaf", issuer: TCPBench.authority))
        let target = LoopbackTarget { connection in
            connection.send("220 mail ESMTP\r\n")
            _ = connection.read()
            connection.send("250-mail\r\n250 STARTTLS\r\n")
            _ = connection.read()
            connection.send("220 go ahead\r\n")
            guard connection.startTLS(context) else { return }
            _ = connection.read()
            connection.send("250 hello\r\n")
            connection.waitForClose()
        }
        let outcome = await (try TCPBench()).run(target.port) {
            $0.startTLS = .smtp
            $0.send = #"EHLO x\r\n"#
            $0.expect = "250 hello"
        }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
        #expect(outcome.phases.tls != nil && outcome.phases.request != nil)
    }

    @Test("the server's name is sent and verified") func serverName() async throws {
        let context = TLSServerContext(TestCertificate("name", issuer: TCPBench.authority, sans: "DNS:shop.test"))
        let target = LoopbackTarget(tls: context) { connection in
            connection.send(connection.serverName ?? "none")
            connection.waitForClose()
        }
        let outcome = await (try TCPBench()).run(target.port) {
            $0.usesTLS = true
            $0.serverName = "shop.test"
            $0.expect = "shop.test"
        }
        #expect(outcome.isSuccess, "\(String(describing: outcome.failure))")
    }

    @Test("a configured address is used without resolving") func resolve() async throws {
        let target = script([])
        let outcome = await (try TCPBench()).run("nowhere.test", target.port) { $0.address = "127.0.0.1" }
        #expect(outcome.isSuccess && outcome.phases.dns == nil)
    }

    @Test("a thousand checks at once leave nothing behind") func many() async throws {
        let target = LoopbackTarget { connection in
            connection.send("hello")
            connection.waitForClose()
        }
        let bench = try TCPBench()
        let good = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<1000 { group.addTask { await bench.run(target.port) { $0.expect = "hello" }.isSuccess } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 1000)
        #expect(await bench.bench.runningCount == 0)
        #expect(await bench.bench.registrationCount == 0)
    }
}
