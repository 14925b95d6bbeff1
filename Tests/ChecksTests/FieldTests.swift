import Base
import Checks
import TestSupport
import Testing

@Suite("Fields of a kind") struct FieldTests {
    private let kinds = CheckKinds([KnockKind.self])

    private func knock(_ change: (inout KnockKind.Settings) -> Void) -> KnockKind.Settings {
        var settings = KnockKind.blank
        change(&settings)
        return settings
    }

    @Test("values that differ from the default round-trip") func roundTrip() throws {
        let settings = knock {
            $0.door = "front"
            $0.times = 3
            $0.isLoud = true
            $0.timeout = .milliseconds(1500)
            $0.mood = .wild
            $0.words = ["hello", "there"]
            $0.pass = "sesame"
        }
        let object = KnockKind.object(settings)
        #expect(object.members.map(\.key) == KnockKind.fields.map(\.name))
        let spec = try kinds.spec(kind: "knock", object)
        #expect(spec == CheckSpec(settings))
        #expect(KnockKind.object(knock { $0.door = "back" }).members.map(\.key) == ["door"])
    }

    @Test("members of a newer release are kept") func unknownMembers() throws {
        let stored = JSONObject([("door", "front"), ("colour", "green"), ("depth", 3)])
        let spec = try kinds.spec(kind: "knock", stored)
        #expect(spec.unknown?.members.members.map(\.key) == ["colour", "depth"])
        #expect(spec.object == stored)
    }

    private static let misfits: [(String, JSONValue)] = [
        ("times", 10), ("times", "3"), ("times", .integer(.min)), ("is_loud", 1),
        ("timeout", .number(1e300)), ("timeout", -1), ("mood", "sad"), ("words", .array(["a", "b", "c", "d"])),
        ("words", .array([1])), ("door", .string(String(repeating: "x", count: 51))), ("pass", 5),
    ]

    @Test("an invalid stored value is reported with its name", arguments: misfits)
    func badValues(_ name: String, _ value: JSONValue) {
        let error = #expect(throws: FieldError.self) { try kinds.spec(kind: "knock", JSONObject([(name, value)])) }
        #expect(error?.field == name)
    }

    @Test("an unknown kind gets a suggestion") func unknownKind() {
        let error = #expect(throws: FieldError.self) { try kinds.spec(kind: "knok", JSONObject()) }
        #expect(error?.description == "kind \"knok\" is not known here; did you mean knock?")
    }

    @Test("secrets are masked, and sending the mask keeps them") func masks() {
        let stored = knock {
            $0.door = "front"
            $0.pass = "sesame"
        }
        #expect(CheckSpec(stored).masked["pass"] == "********")
        #expect(CheckSpec(knock { $0.door = "front" }).masked["pass"] == .null)
        var errors: [FieldError] = []
        let kept = KnockKind.apply(["pass": "********", "times": 2], to: stored, stored: stored, &errors)
        #expect(kept.pass == "sesame" && kept.times == 2 && errors.isEmpty)
        _ = KnockKind.apply(["pass": "********"], to: KnockKind.blank, stored: nil, &errors)
        #expect(errors == [FieldError(field: "pass", SecretMask.nothingStored)])
    }

    private static let moves: [JSONValue] = [["door": "other"], ["door": "other", "pass": "********"]]

    @Test("a stored secret is not sent to another target", arguments: moves)
    func secretsStay(_ body: JSONValue) {
        let stored = knock {
            $0.door = "front"
            $0.pass = "sesame"
        }
        var errors: [FieldError] = []
        _ = KnockKind.apply(body, to: stored, stored: stored, &errors)
        #expect(errors.map(\.field) == ["pass"])
        errors = []
        let moved = KnockKind.apply(["door": "other", "pass": "new"], to: stored, stored: stored, &errors)
        #expect(errors.isEmpty && moved.pass == "new")
        let cleared = KnockKind.apply(["door": "other", "pass": .null], to: stored, stored: stored, &errors)
        #expect(errors.isEmpty && cleared.pass == nil)
    }

    @Test("contradictory settings are reported") func conflicts() {
        var errors: [FieldError] = []
        _ = KnockKind.apply(["door": "a", "is_loud": true], to: KnockKind.blank, stored: nil, &errors)
        #expect(errors.map(\.field) == ["is_loud"])
    }
}
