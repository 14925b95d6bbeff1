import Arguments
import Base
import Domain
import HTTPCheck
import TestSupport
import Testing
import sentinel

@Suite("Flags of checks") struct CheckFlagsTests {
    @Test("every setting of every kind except the target has a flag") func oneFlagASetting() {
        let specs = CheckFlags(CheckKinds([HTTPKind.self, KnockKind.self])).specs
        let names = Set(specs.map(\.name))
        for field in KnockKind.fields where !field.isRequired {
            #expect(names.contains(field.flag.name), "\(field.name)")
            #expect(specs.contains { $0.name == field.flag.name && !$0.help.isEmpty })
        }
        #expect(names.contains("no-is-loud"))
        #expect(names.count == specs.count)
    }

    @Test("a shared flag takes a value in all kinds or in none") func sharedFlags() {
        var isSwitch: [String: Bool] = [:]
        for kind in Kinds.all.all {
            for declaration in kind.flags {
                let known = isSwitch.updateValue(declaration.flag.isSwitch, forKey: declaration.flag.name)
                #expect(known == nil || known == declaration.flag.isSwitch, "\(declaration.name)")
            }
        }
    }

    /// Texts for each placeholder, one of which every flag with it accepts.
    private static let samples: [String: [String]] = [
        "TEXT": ["x", "a.example"], "FILE": ["/etc/ssl/a.pem"], "METHOD": ["POST"], "URL": ["http://127.0.0.1:9"],
        "NAME:VALUE": ["X-A: b"], "NAME=VALUE": ["a=b"], "NAME": ["www.example.org"], "CODES": ["200-299,301"],
        "basic:USER:PASSWORD": ["basic:me:a:b c"], "ASSERTION": [#"json $.status == "ok""#], "SECONDS": ["60"],
        "BYTES": ["64", "4096"], "N": ["1", "3"], "PORT": ["443"], "ADDRESS:PORT": ["192.0.2.1:53"],
        "ADDRESS": ["192.0.2.1"], "DAYS": ["14"],
        "BITS": ["2048", "256"],
        "DURATION": ["1s", "1500ms", "1m"], "HOST:PORT:ADDR": ["a.example:443:192.0.2.1"],
        "ADDR:PORT": ["192.0.2.1:53"], "JSON": [#"{"send": "PING\\r\\n", "expect": "PONG"}"#], "REGEX": ["^a+$"],
        "PROTOCOL": ["h2"], "CIPHER": ["TLS_AES_256_GCM_SHA384"], "RECORD": ["192.0.2.1"], "SERVER": ["192.0.2.53"],
        "WORD": ["mx", "nxdomain"], "SHARE": ["0.5"], "NUMBER": ["0.5"], "CRON": ["0 3 * * *"],
        "UUID": ["0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d"], "ZONE": ["Europe/Berlin"],
        "SHA256": [String(repeating: "ab", count: 32)],
    ]

    /// Whether a flag takes a text, and the setting the value.
    private func accepts(_ declaration: FlagDeclaration, _ text: String) -> Bool {
        guard let value = declaration.flag.parse(text) else { return false }
        var issues: [ValidationIssue] = []
        _ = declaration.schema.read(declaration.flag.isList ? .array([value]) : value, at: [], into: &issues)
        return issues.isEmpty
    }

    @Test("every flag takes what its usage says", arguments: Kinds.all.names) func documentedForms(_ name: String)
        throws
    {
        let kind = try #require(Kinds.all[name])
        for declaration in kind.flags where !declaration.flag.isSwitch {
            let flag = declaration.flag
            for word in flag.choices { #expect(accepts(declaration, word), "--\(flag.name) \(word)") }
            guard flag.choices.isEmpty else { continue }
            let texts = try #require(Self.samples[flag.placeholder], "--\(flag.name) \(flag.placeholder)")
            #expect(texts.contains { accepts(declaration, $0) }, "--\(flag.name) \(flag.placeholder)")
        }
        let shorthands = ["CODES": "200-299,301", "USER:PASSWORD|@FILE": "me:x", "TOKEN|@FILE": "abc"]
        for shorthand in kind.shorthands {
            guard let placeholder = shorthand.placeholder else { continue }
            let text = try #require(shorthands[placeholder], "--\(shorthand.name) \(placeholder)")
            #expect(throws: Never.self, "--\(shorthand.name)") { try shorthand.members(text) }
        }
    }

    @Test("every form of --auth is the API's object")
    func authForms() throws {
        let flag = try #require(HTTPKind.flags.first { $0.name == "auth" })
        let basic: JSONValue = ["type": "basic", "username": "me", "password": "a:b c"]
        let forms: [(String, JSONValue?)] = [
            ("basic:me:a:b c", basic), ("basic me:a:b c", basic),
            ("basic:me:", ["type": "basic", "username": "me", "password": ""]),
            ("digest:me:x", ["type": "digest", "username": "me", "password": "x"]),
            ("bearer:a:b", ["type": "bearer", "token": "a:b"]), ("bearer a", ["type": "bearer", "token": "a"]),
            (#"{"type": "bearer", "token": "a"}"#, ["type": "bearer", "token": "a"]),
            ("basic", nil), ("basic:me", nil), ("basic::x", nil), ("me:x", nil), ("bearer:", nil), ("", nil),
            ("{", nil),
        ]
        for (text, value) in forms { #expect(flag.flag.parse(text) == value, "\(text)") }
    }

    @Test("no flag of a kind collides with those of the commands") func reservedFlags() {
        let reserved: Set<String> = ["server", "json", "output", "interval", "tag", "paused", "kind", "help", "name"]
        for kind in Kinds.all.all {
            for name in kind.flags.map(\.flag.name) + kind.shorthands.map(\.name) {
                #expect(!reserved.contains(name), "\(kind.name): --\(name)")
            }
        }
    }

    @Test("every kind declares its summary, phases and reasons") func declarations() {
        let kinds = Kinds.all.all
        #expect(Set(kinds.map { $0.name }).count == kinds.count)
        for kind in kinds {
            #expect(!kind.summary.isEmpty && !kind.phases.isEmpty && !kind.reasons.isEmpty, "\(kind.name)")
            #expect(Set(kind.members.map { $0.name }).count == kind.members.count, "\(kind.name)")
            let members = kind.members
            #expect(members.allSatisfy { !$0.description.isEmpty }, "\(kind.name)")
            let hasTarget = members.contains { $0.isRequired }
            #expect(kind.isActive == hasTarget, "\(kind.name): a target is for asking")
        }
    }
}

@Suite("Settings of monitors and of kinds") struct MonitorSettingNamesTests {
    @Test("no setting of a kind has the name of a setting that every monitor has") func names() {
        let own = Set(MonitorDraft.fields.fields.map(\.name) + ["id", "kind", "target", "status", "warnings"])
        for kind in Kinds.all.all {
            #expect(kind.members.allSatisfy { !own.contains($0.name) }, "\(kind.name)")
        }
    }
}
