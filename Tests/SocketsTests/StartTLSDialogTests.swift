import Checks
import Sockets
import Testing

@Suite("STARTTLS dialogues") struct StartTLSDialogTests {
    /// The last step after passing texts one by one.
    private func last(_ kind: StartTLS, _ texts: [String]) -> StartTLSDialog.Step {
        var dialog = StartTLSDialog(kind)
        var step = StartTLSDialog.Step.wait
        for text in texts { step = Array(text.utf8).withUnsafeBytes { dialog.take($0) } }
        return step
    }

    private func reason(_ step: StartTLSDialog.Step) -> Reason? {
        guard case .fail(let failure) = step else { return nil }
        return failure.reason
    }

    @Test("single bytes make no difference") func pieces() {
        var dialog = StartTLSDialog(.smtp)
        var sent: [String] = []
        for byte in Array("220 hi\r\n250-mail\r\n250 STARTTLS\r\n220 go\r\n".utf8) {
            switch [byte].withUnsafeBytes({ dialog.take($0) }) {
            case .send(let bytes): sent.append(String(decoding: bytes, as: UTF8.self))
            case .upgrade: sent.append("TLS")
            case .wait: break
            case .fail(let failure): sent.append(failure.message)
            }
        }
        #expect(sent == ["EHLO sentinel.invalid\r\n", "STARTTLS\r\n", "TLS"])
    }

    static let greetings: [(StartTLS, String)] = [
        (.ftp, "220 ready\r\n"), (.ftp, "120 soon\r\n220 ready\r\n"),
        (.ftp, "120-soon\r\n in 2 minutes\r\n120 wait\r\n220-hi\r\n220 ready\r\n"),
        (.ftp, "220-hi\r\nfree text\r\n\r\n230 users\r\n 220 files\r\n220-more\r\n220 ready\r\n"),
        (.smtp, "220-hi\r\n220 ready\r\n"),
    ]

    @Test("a greeting ends with its last line", arguments: greetings) func greeting(_ kind: StartTLS, _ text: String) {
        let command = kind == .smtp ? "EHLO sentinel.invalid\r\n" : "AUTH TLS\r\n"
        #expect(last(kind, [text]) == .send(Array(command.utf8)))
        var dialog = StartTLSDialog(kind)
        let steps = Array(text.utf8).map { byte in [byte].withUnsafeBytes { dialog.take($0) } }
        #expect(steps.dropLast().allSatisfy { $0 == .wait } && steps.last == .send(Array(command.utf8)))
    }

    static let refusals: [(StartTLS, [String])] = [
        (.smtp, ["220 hi\r\n", "250 mail\r\n"]), (.smtp, ["220 hi\r\n", "250-a\r\n250 STARTTLS\r\n", "454 no\r\n"]),
        (.imap, ["* OK hi\r\n", "a1 NO\r\n"]), (.pop3, ["+OK\r\n", "-ERR\r\n"]), (.ftp, ["220 hi\r\n", "530 no\r\n"]),
        (.postgres, ["N"]),
    ]

    @Test("a server without TLS is reported", arguments: 0..<refusals.count) func refused(_ index: Int) {
        let (kind, texts) = Self.refusals[index]
        #expect(reason(last(kind, texts)) == .tlsProtocol)
    }

    static let nonsense: [(StartTLS, [String])] = [
        (.smtp, ["SSH-2.0-OpenSSH\r\n"]), (.smtp, ["554 go away\r\n"]), (.imap, ["220 hi\r\n"]),
        (.imap, ["* BYE\r\n"]), (.pop3, ["* OK\r\n"]), (.ftp, ["hello\r\n"]), (.ftp, ["120 soon\r\n", "421 no\r\n"]),
        (.ftp, ["120 soon\r\n", "hi\r\n"]), (.postgres, ["H"]),
        (.imap, ["* OK hi\r\n", "b2 OK\r\n"]), (.pop3, [String(repeating: "x", count: 20_000)]),
    ]

    @Test("another protocol is malformed", arguments: 0..<nonsense.count) func malformed(_ index: Int) {
        let (kind, texts) = Self.nonsense[index]
        #expect(reason(last(kind, texts)) == .answerMalformed)
    }

    @Test("bytes injected before TLS are refused (CVE-2011-0411)") func injection() {
        #expect(reason(last(.pop3, ["+OK\r\n", "+OK\r\n+OK injected\r\n"])) == .answerMalformed)
        #expect(reason(last(.postgres, ["SX"])) == .answerMalformed)
        #expect(last(.pop3, ["+OK\r\n", "+OK\r\n"]) == .upgrade)
    }
}
