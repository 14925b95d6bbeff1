import Base
import Checks
import DNSCheck
import Datagrams
import TestSupport
import Testing

@Suite("Settings of DNS checks") struct DNSSettingsTests {
    private static let long = String(repeating: "a", count: 256)
    private static let misfits: [(String, JSONValue)] = [
        ("query", ""), ("query", 5), ("query", .null), ("query", "a..b"), ("query", "two words"),
        ("query", "bücher.example"),
        ("query", .string(long)), ("query", #"a\"#), ("query", "192.0.2.1"),
        ("record_type", "B"), ("record_type", "a"), ("record_type", 1), ("record_type", .null),
        ("server", "nonsense:"), ("server", "127.0.0.1:0"), ("server", "127.0.0.1:99999"), ("server", ""),
        ("server", 53),
        ("server", "2001:db8::1:x"), ("server", "127.0.0.1:53,127.0.0.2:53"), ("server", "1.2.3:53"),
        ("server", "[::1"),
        ("server", "dns://a.example"), ("server", "-a.example"),
        ("servers", "a.example"), ("servers", ["a.example", 1]), ("servers", ["-"]),
        ("servers", .array(.init(repeating: "a.example", count: 17))),
        ("transport", "https"), ("transport", 1), ("transport", .null), ("transport", "tls"),
        ("server_name", "a.example"), ("server_name", "a.example:53"), ("server_name", ""), ("server_name", 1),
        ("verify_tls", false), ("verify_tls", 1), ("verify_tls", "true"),
        ("timeout", 0), ("timeout", 61), ("timeout", "1s"), ("timeout", .number(1e300)), ("timeout", .null),
        ("query_retries", -1), ("query_retries", 6), ("query_retries", 1.5), ("query_retries", "2"),
        ("recursion", "yes"), ("recursion", 0), ("rcode", "OK"), ("rcode", 0), ("rcode", .null),
        ("answers", "192.0.2.1"), ("answers", [1]), ("answers", [""]), ("answers", ["example.org"]),
        ("answers", ["::1"]),
        ("answers", .array(.init(repeating: "192.0.2.1", count: 51))),
        ("answers_match", "some"), ("answers_match", 1), ("min_answers", -1), ("min_answers", 101),
        ("min_answers", "1"),
        ("expect_authoritative", "aa"), ("min_ttl", -1), ("min_ttl", 2_147_483_648), ("min_ttl", "60"), ("max_ttl", -1),
        ("max_ttl", 1.5), ("expect_dnssec", 1), ("same_serial", "yes"), ("host", "example.org"), ("url", "x"),
        ("Query", "x"),
    ]

    @Test("an invalid value is refused with the setting's name", arguments: misfits)
    func misfit(_ name: String, _ value: JSONValue) {
        var body = JSONObject([("query", "example.org")])
        body[name] = value
        let found = complaints(DNSKind.self, .object(body))
        #expect(found.count == 1 && found.first?.hasPrefix(name) == true, "\(found)")
    }

    private static let conflicts: [(JSONValue, String)] = [
        (["server": "a.example", "servers": ["b.example"]], "servers: excludes server"),
        (
            ["same_serial": true, "record_type": "SOA", "servers": ["a.example"]],
            "same_serial: needs two servers at least"
        ),
        (["same_serial": true, "servers": ["a.example", "b.example"]], "same_serial: needs the record_type SOA"),
        (["min_ttl": 61, "max_ttl": 60], "min_ttl: is greater than max_ttl"),
        (["rcode": "NXDOMAIN", "answers": ["192.0.2.1"]], "answers: are there only with the rcode NOERROR"),
        (["record_type": "AAAA", "answers": ["192.0.2.1"]], "answers.0: is not an IPv6 address"),
        (
            ["record_type": "MX", "answers": ["mail.example.org"]],
            "answers.0: is not written as an MX record: 10 mail.example.org."
        ),
        (["record_type": "NS", "answers": ["a b"]], "answers.0: is not a name"),
        (["record_type": "TXT", "answers": ["\"a"]], "answers.0: has quotes that do not fit"),
        (
            ["record_type": "SRV", "answers": ["1 2 a"]],
            "answers.0: is not written as an SRV record: 10 5 443 www.example.org."
        ),
        (
            ["record_type": "CAA", "answers": ["a"]],
            "answers.0: is not written as a CAA record: 0 issue \"ca.example.org\""
        ),
        (
            ["record_type": "DS", "answers": ["1 2 3"]],
            "answers.0: is not written as a DS record: three numbers and the data"
        ),
        (["answers_match": "regex", "answers": ["192[.]0", "("]], "answers.1: is not an expression that can be used"),
    ]

    @Test("contradictory settings are refused", arguments: conflicts)
    func conflict(_ members: JSONValue, _ complaint: String) {
        guard case .object(var body) = members else { return }
        body["query"] = "example.org"
        let found = complaints(DNSKind.self, .object(body))
        #expect(found.count == 1 && found.first?.hasPrefix(complaint) == true, "\(found)")
    }

    @Test("a name is required") func nameIsNeeded() {
        #expect(complaints(DNSKind.self, [:]) == ["query: Field required"])
        let url = complaints(DNSKind.self, ["query": "https://www.example.org:8443/a"])
        #expect(url.first?.hasSuffix("it is a URL: ask for its host alone, such as www.example.org") == true, "\(url)")
    }

    private static let fits: [JSONValue] = [
        ["query": "example.org"], ["query": "."],
        ["query": "_dmarc.example.org.", "record_type": "TXT", "server": .null],
        ["query": "192.0.2.1", "record_type": "PTR", "server": "ns1.example.org"],
        ["query": "a.example", "server": "[2001:db8::1]:53"],
        [
            "query": "example.org", "record_type": "SOA", "servers": ["192.0.2.1", "ns2.example.org:5353"],
            "same_serial": true,
            "transport": "tls", "server_name": "dns.example.org", "verify_tls": false, "timeout": 60,
            "query_retries": 0,
            "recursion": false,
            "min_answers": 0, "expect_authoritative": true, "min_ttl": 0, "max_ttl": 2_147_483_647,
            "expect_dnssec": true,
        ],
        ["query": "example.org", "rcode": "NXDOMAIN"],
        [
            "query": "example.org", "record_type": "TXT", "answers": ["v=spf1 -all", "\"a\" \"b\""],
            "answers_match": "any",
        ],
    ]

    @Test("valid settings are stored unchanged", arguments: fits) func fit(_ body: JSONValue) throws {
        #expect(complaints(DNSKind.self, body).isEmpty)
        guard case .object(let object) = body else { return }
        let spec = try DNSKind.spec(object)
        #expect(try DNSKind.spec(spec.object) == spec)
        #expect(spec.target == body["query"]?.stringValue)
    }

    @Test("query_retries is stored under its old name, which is not the monitor's retries") func retries() throws {
        let spec = try DNSKind.spec(JSONObject([("query", "a.example"), ("retries", 4)]))
        #expect(spec.settings(of: DNSKind.self)?.options.queryRetries == 4)
        #expect(spec.object["retries"] == 4 && spec.object["query_retries"] == nil)
        #expect(complaints(DNSKind.self, ["query": "a.example", "retries": 4]).count == 1)
    }

    @Test("every record type is accepted, on a command line also in lower case") func types() throws {
        for type in RecordType.allCases {
            #expect(complaints(DNSKind.self, ["query": "a.example", "record_type": .string(type.rawValue)]).isEmpty)
        }
        let field = try #require(DNSKind.fields.first { $0.name == "record_type" })
        #expect(field.flag.parse("aaaa") == "AAAA")
    }

    private static let servers: [(String, String?, UInt16?)] = [
        ("192.0.2.1", "192.0.2.1", nil), ("192.0.2.1:5353", "192.0.2.1", 5353), ("2001:DB8::1", "2001:db8::1", nil),
        ("[2001:db8::1]", "2001:db8::1", nil), ("[2001:db8::1]:53", "2001:db8::1", 53), ("NS1.example.org", nil, nil),
        ("ns1.example.org:53", nil, 53),
    ]

    @Test("servers are addresses or names, with or without a port", arguments: servers)
    func server(_ text: String, _ address: String?, _ port: UInt16?) throws {
        let server = try ServerName(text)
        #expect(server.address?.description == address && server.port == port)
        #expect(try ServerName(server.text) == server)
    }

    @Test("the system's servers are read from resolv.conf") func system() {
        let text =
            "# a\nsearch x\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 \nnameserver fe80::1%eth0\noptions rotate\n"
        #expect(SystemServers.servers(in: text).map(\.description) == ["192.0.2.1:53", "[2001:db8::1]:53"])
        #expect(SystemServers.servers(in: "").map(\.description) == ["127.0.0.1:53"])
        let many = (1...9).map { "nameserver 192.0.2.\($0)" }.joined(separator: "\n")
        #expect(SystemServers.servers(in: many).count == 3)
    }
}
