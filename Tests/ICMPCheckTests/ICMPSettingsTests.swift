import Base
import Checks
import ICMPCheck
import TestSupport
import Testing

@Suite("Settings of ping checks") struct ICMPSettingsTests {
    private static let misfits: [(String, JSONValue)] = [
        ("host", ""), ("host", 5), ("host", "two words"), ("host", "-x.example"), ("host", "1.2.3"), ("host", .null),
        ("host", "https://example.org"), ("host", .string(String(repeating: "a", count: 254))),
        ("count", 0), ("count", 21), ("count", "3"), ("count", 1.5), ("count", .null), ("count", .integer(.max)),
        ("packet_size", 15), ("packet_size", 8193), ("packet_size", true),
        ("spacing", 0.05), ("spacing", 11), ("spacing", "1s"), ("spacing", .number(1e300)),
        ("timeout", 0), ("timeout", 61), ("timeout", .null), ("timeout", -1),
        ("ip_version", "5"), ("ip_version", 4), ("ip_version", .null),
        ("max_loss", -0.1), ("max_loss", 1.1), ("max_loss", "none"), ("max_loss", .null),
        ("max_latency", 0), ("max_latency", 61), ("max_latency", "fast"),
        ("ttl", 0), ("ttl", 256), ("ttl", "64"), ("retries", 3), ("url", "http://example.org"), ("Host", "x"),
    ]

    @Test("an invalid value is refused with the setting's name", arguments: misfits)
    func misfit(_ name: String, _ value: JSONValue) {
        var body = JSONObject([("host", "example.org")])
        body[name] = value
        let found = complaints(ICMPKind.self, .object(body))
        #expect(found.count == 1 && found.first?.hasPrefix("\(name): ") == true, "\(found)")
    }

    @Test("a host is required") func hostIsNeeded() {
        #expect(complaints(ICMPKind.self, [:]) == ["host: Field required"])
    }

    private static let fits: [JSONValue] = [
        ["host": "example.org"], ["host": "192.0.2.1"], ["host": "2001:db8::1"],
        ["host": "a_b.example.", "ttl": .null],
        [
            "host": "example.org", "count": 20, "packet_size": 8192, "spacing": 0.1, "timeout": 60, "ip_version": "6",
            "max_loss": 0, "max_latency": 0.001, "ttl": 255,
        ],
    ]

    @Test("valid settings are stored unchanged", arguments: fits) func fit(_ body: JSONValue) throws {
        #expect(complaints(ICMPKind.self, body).isEmpty)
        guard case .object(let object) = body else { return }
        let spec = try ICMPKind.spec(object)
        #expect(try ICMPKind.spec(spec.object) == spec)
        #expect(spec.target == body["host"]?.stringValue)
    }

    @Test("packets that cannot be sent within the limit are refused") func tooManyPackets() {
        let found = complaints(ICMPKind.self, ["host": "a.example", "count": 6, "spacing": 1])
        #expect(found == ["spacing: is too long: 6 packets 1s apart take 5s to send, the timeout is 5s"])
        let short = complaints(ICMPKind.self, ["host": "a.example", "timeout": 0.4])
        #expect(short == ["timeout: is too short: 3 packets 200ms apart take 400ms to send"])
    }

    @Test("equal hosts share a limit") func targetKey() throws {
        let one = try ICMPKind.spec(JSONObject([("host", "a.example"), ("count", 1)]))
        let other = try ICMPKind.spec(JSONObject([("host", "a.example")]))
        #expect(one.targetKey == other.targetKey && one != other)
    }
}
