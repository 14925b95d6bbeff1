import Base
import Checks
import TCPCheck
import TestSupport
import Testing

@Suite("Settings of TCP checks") struct TCPSettingsTests {
    /// A refused value, and the setting that the error names.
    static let misfits: [(String, JSONValue)] = [
        ("host", ""), ("host", "a b"), ("host", "-x"), ("host", 5), ("host", "1.2.3.999"), ("port", 0),
        ("port", 65_536),
        ("port", "80"), ("timeout", 0), ("timeout", 301), ("timeout", "5"), ("ip_version", "5"), ("ip_version", 4),
        ("resolver", "dns.test:53"), ("resolver", "127.0.0.1"), ("resolver", 1), ("resolve", "name.test"),
        ("resolve", 1), ("tls", "yes"), ("starttls", "ldap"), ("starttls", true), ("verify_tls", 1),
        ("server_name", "a b"), ("server_name", 1), ("ca_file", ""), ("ca_file", 1), ("client_cert", 1),
        ("client_key", false), ("send", #"\q"#), ("send", ""), ("send", 1), ("send", .string(long)),
        ("expect", #"\x4"#),
        ("expect", 1), ("expect_pattern", "("), ("expect_pattern", 1), ("steps", "x"), ("steps", .array(eleven)),
        ("steps", [["expect": 1]]), ("steps", [["send": #"\q"#]]), ("steps", [["send_hex": "abc"]]),
        ("steps", [["expect_pattern": "["]]), ("steps", [["max_bytes": 0, "expect": "a"]]),
        ("steps", [["max_bytes": 65_537, "expect": "a"]]), ("steps", [["colour": 1]]), ("steps", [["secret": 1]]),
        ("steps", [[:]]), ("steps", [["expect": "a", "expect_hex": "00"]]),
        ("steps", [["send": "a", "send_hex": "00"]]),
        ("colour", "red"), ("query", "other kind"),
    ]
    private static let long = String(repeating: "x", count: TCPStep.textLimit + 1)
    private static let eleven = [JSONValue](repeating: ["send": "x"], count: 11)

    @Test("a value out of bounds, of another type or unknown is refused with its name", arguments: 0..<misfits.count)
    func misfit(_ index: Int) {
        let (name, value) = Self.misfits[index]
        var body = JSONObject([("host", "localhost"), ("port", 80)])
        body[name] = value
        let complaints = complaints(TCPKind.self, .object(body))
        #expect(complaints.count == 1 && complaints.first?.hasPrefix(name) == true, "\(complaints)")
    }

    @Test("every setting refuses some value") func complete() {
        #expect(Set(TCPKind.fields.map(\.name)).isSubset(of: Set(Self.misfits.map(\.0))))
    }

    @Test(
        "a step that is none is refused with its place and the reason",
        arguments: [
            ([["send": "a", "send_hex": "00"]], "steps.0.send_hex", "the same as send"),
            ([["send": "a"], [:]], "steps.1", "send or send_hex"),
            ([["expect": "a"], ["expect_hex": "00", "expect_pattern": "x"]], "steps.1.expect_pattern", "expect_hex"),
            ([["secret": true]], "steps.0", "does nothing"),
        ] as [(JSONValue, String, String)]
    )
    func step(_ steps: JSONValue, _ place: String, _ words: String) {
        let complaints = complaints(TCPKind.self, ["host": "localhost", "port": 80, "steps": steps])
        #expect(complaints.count == 1, "\(complaints)")
        #expect(
            complaints.first?.hasPrefix(place + ":") == true && complaints.first?.contains(words) == true,
            "\(complaints)"
        )
    }

    static let conflicts: [(JSONValue, String)] = [
        (["send": "a", "steps": [["send": "b"]]], "send"), (["expect": "a", "steps": [["send": "b"]]], "expect"),
        (["expect": "a", "expect_pattern": "b"], "expect_pattern"), (["tls": true, "starttls": "smtp"], "starttls"),
        (["client_key": "/k.pem"], "client_key"),
    ]

    @Test("contradictory settings are refused", arguments: 0..<conflicts.count)
    func conflict(_ index: Int) {
        let (members, name) = Self.conflicts[index]
        guard case .object(var body) = members else { return }
        body["host"] = "localhost"
        body["port"] = 80
        let complaints = complaints(TCPKind.self, .object(body))
        #expect(complaints.count == 1 && complaints.first?.hasPrefix(name) == true, "\(complaints)")
    }

    private static let everything: JSONValue = [
        "host": "mail.test", "port": 25, "timeout": 3.5, "ip_version": "4", "resolver": "127.0.0.1:53",
        "resolve": "127.0.0.1", "starttls": "smtp", "verify_tls": false, "server_name": "mail.test",
        "ca_file": "/ca.pem", "client_cert": "/c.pem", "client_key": "/k.pem",
        "steps": [
            ["send": "EHLO x\\r\\n", "expect": "250", "max_bytes": 100], ["expect_hex": "00ff"],
            ["send_hex": "0a", "expect_pattern": "^2\\d\\d", "secret": true],
        ],
    ]

    @Test("a target on a command line is a host and a port") func commandLine() {
        #expect(TCPKind.members(ofTarget: "mail.test:25") == JSONObject([("host", "mail.test"), ("port", 25)]))
        #expect(TCPKind.members(ofTarget: "[::1]:25") == JSONObject([("host", "[::1]"), ("port", 25)]))
        #expect(TCPKind.members(ofTarget: "::1") == JSONObject([("host", "::1")]))
        #expect(TCPKind.members(ofTarget: "mail.test") == JSONObject([("host", "mail.test")]))
    }

    @Test("settings round-trip") func roundTrip() throws {
        guard case .object(let members) = Self.everything else { return }
        let spec = try TCPKind.spec(members)
        #expect(spec.unknown == nil && spec.object == members)
        #expect(try TCPKind.spec(spec.object) == spec)
        #expect(spec.target == "mail.test:25" && spec.timeout == .milliseconds(3500))
        let v6 = try TCPKind.spec(JSONObject([("host", "::1"), ("port", 80)]))
        #expect(v6.target == "[::1]:80")
    }

    @Test("a secret step is masked, kept with its mask, and sent to no other target") func secrets() throws {
        guard case .object(let members) = Self.everything,
            let stored = try TCPKind.spec(members).settings(of: TCPKind.self)
        else { return }
        let masked = CheckSpec(stored).masked
        #expect(masked["steps"]?.arrayValue?.last?["send_hex"] == .string(SecretMask.text))
        #expect(masked["steps"]?.arrayValue?.first?["send"] == "EHLO x\\r\\n")
        var errors: [FieldError] = []
        let kept = TCPKind.apply(.object(masked), to: stored, stored: stored, &errors)
        #expect(errors.isEmpty && kept == stored)
        _ = TCPKind.apply(["host": "evil.test"], to: stored, stored: stored, &errors)
        #expect(errors.map(\.field) == ["steps"])
        errors = []
        // Nor over a plain connection.
        _ = TCPKind.apply(["starttls": "none"], to: stored, stored: stored, &errors)
        #expect(errors.map(\.field) == ["steps"])
        errors = []
        _ = TCPKind.apply(["steps": [["send": "********"]]], to: TCPKind.blank, stored: nil, &errors)
        #expect(errors.map(\.field) == ["steps"])
    }
}
