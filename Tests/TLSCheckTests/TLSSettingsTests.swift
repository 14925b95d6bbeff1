import Base
import Checks
import TLSCheck
import TestSupport
import Testing

@Suite("Settings of TLS checks") struct TLSSettingsTests {
    /// A refused value, and the setting that the error names.
    static let misfits: [(String, JSONValue)] = [
        ("host", ""), ("host", "a b"), ("host", 5), ("port", 0), ("port", 65_536), ("port", "443"), ("timeout", 0),
        ("timeout", 301), ("ip_version", "5"), ("resolver", "127.0.0.1"), ("resolve", "name.test"),
        ("starttls", "ldap"), ("verify_tls", 1), ("server_name", "a b"), ("ca_file", ""),
        ("client_cert", 1), ("client_key", false), ("alpn", ["a b"]), ("alpn", [""]), ("alpn", "h2"),
        ("min_days_left", -1), ("min_days_left", 10_001), ("min_days_left", "7"), ("names", ["a b"]), ("names", [1]),
        ("names", ["*.*.test"]), ("key_types", ["dsa"]), ("key_types", "rsa"), ("min_rsa_bits", 511),
        ("min_rsa_bits", 16_385), ("min_ec_bits", 111), ("min_ec_bits", "256"), ("allow_weak_signatures", "no"),
        ("pins", ["abc"]), ("pins", ["sha256/AAAA"]), ("pins", [1]), ("min_protocol", "1.4"), ("min_protocol", 1.2),
        ("protocol", "TLSv1.2"), ("ciphers", [""]), ("ciphers", ["A B"]), ("ocsp", "yes"), ("ocsp", true),
        ("colour", "red"), ("steps", []),
    ]

    @Test("a value out of bounds, of another type or unknown is refused with its name", arguments: 0..<misfits.count)
    func misfit(_ index: Int) {
        let (name, value) = Self.misfits[index]
        var body = JSONObject([("host", "localhost")])
        body[name] = value
        let complaints = complaints(TLSKind.self, .object(body))
        #expect(complaints.count == 1 && complaints.first?.hasPrefix(name) == true, "\(complaints)")
    }

    @Test("every setting refuses some value") func complete() {
        #expect(Set(TLSKind.fields.map(\.name)).isSubset(of: Set(Self.misfits.map(\.0))))
    }

    static let conflicts: [(JSONValue, String)] = [
        (["client_key": "/k.pem"], "client_key"), (["protocol": "1.1"], "protocol"),
    ]

    @Test("contradictory settings are refused", arguments: 0..<conflicts.count)
    func conflict(_ index: Int) {
        let (members, name) = Self.conflicts[index]
        guard case .object(var body) = members else { return }
        body["host"] = "localhost"
        let complaints = complaints(TLSKind.self, .object(body))
        #expect(complaints.count == 1 && complaints.first?.hasPrefix(name) == true, "\(complaints)")
    }

    @Test("a target on a command line is a host and a port") func commandLine() {
        #expect(TLSKind.members(ofTarget: "mail.test:25") == JSONObject([("host", "mail.test"), ("port", 25)]))
        #expect(TLSKind.members(ofTarget: "[::1]:25") == JSONObject([("host", "[::1]"), ("port", 25)]))
        #expect(TLSKind.members(ofTarget: "::1") == JSONObject([("host", "::1")]))
        #expect(TLSKind.members(ofTarget: "mail.test") == JSONObject([("host", "mail.test")]))
    }

    @Test("settings round-trip") func roundTrip() throws {
        let everything: JSONValue = [
            "host": "mail.test", "port": 25, "timeout": 3.5, "ip_version": "6", "resolver": "127.0.0.1:53",
            "resolve": "::1", "starttls": "smtp", "verify_tls": false, "server_name": "mail.test", "ca_file": "/ca.pem",
            "client_cert": "/c.pem", "client_key": "/k.pem", "alpn": ["h2"], "min_days_left": 14,
            "names": ["*.mail.test"], "key_types": ["rsa", "ec"], "min_rsa_bits": 3072, "min_ec_bits": 256,
            "allow_weak_signatures": true, "pins": ["d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"],
            "min_protocol": "1.0", "protocol": "1.3", "ciphers": ["TLS_AES_256_GCM_SHA384"], "ocsp": "good",
        ]
        guard case .object(let members) = everything else { return }
        let spec = try TLSKind.spec(members)
        #expect(spec.unknown == nil && spec.object == members)
        #expect(spec.target == "mail.test:25" && spec.timeout == .milliseconds(3500))
        #expect(members.members.map(\.key) == TLSKind.fields.map(\.name))
    }
}
