import Base
import Testing
import sentinel

/// The documents list exactly the declared settings.
@Suite struct DocumentedSettingsTests {
    /// A file of the package's root.
    private func file(_ name: String) throws -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return String(decoding: try SmallFile.read("\(root)/\(name)", limit: 1 << 20) ?? [], as: UTF8.self)
    }

    @Test func environmentExampleListsEverySetting() throws {
        let lines = try file(".env.example").split(separator: "\n")
        let assignments = lines.compactMap { line -> [String]? in
            guard line.hasPrefix("# "), let equals = line.firstIndex(of: "=") else { return nil }
            let name = line[line.index(line.startIndex, offsetBy: 2)..<equals]
            guard name.utf8.allSatisfy({ $0 &- 65 <= 25 || $0 == UInt8(ascii: "_") }) else { return nil }
            return [String(name), String(line[line.index(after: equals)...])]
        }
        let declared = SettingKeys.all.map { [$0.environment[0], $0.defaultText] }
        #expect(assignments.sorted { $0[0] < $1[0] } == declared.sorted { $0[0] < $1[0] })
        let synonyms = lines.filter { $0.hasPrefix("# Also: ") }.map { String($0.dropFirst(8)) }
        #expect(synonyms == SettingKeys.all.compactMap { $0.environment.count > 1 ? $0.environment[1] : nil })
        #expect(lines.allSatisfy { $0.hasPrefix("#") })
    }

    @Test func documentListsEverySetting() throws {
        let rows = try file("docs/configuration.md").split(separator: "\n").compactMap { line -> [String]? in
            let cells = line.split(separator: "|").map { $0.filter { $0 != "`" }.drop { $0 == " " } }
            guard cells.count == 6, line.hasPrefix("| `") else { return nil }
            return [cells[0], cells[1], cells[2], cells[3], cells[5]].map { text in
                String(text.reversed().drop { $0 == " " }.reversed())
            }
        }
        let declared = SettingKeys.all.map { setting in
            [
                setting.name, setting.environment.joined(separator: ", "), setting.flag.map { "--\($0)" } ?? "-",
                setting.defaultText.isEmpty ? "none" : setting.defaultText, setting.help.filter { $0 != "`" },
            ]
        }
        #expect(rows.sorted { $0[0] < $1[0] } == declared.sorted { $0[0] < $1[0] })
    }

    @Test func namesAreUnique() {
        let names = SettingKeys.all.map(\.name)
        let variables = SettingKeys.all.flatMap(\.environment) + SettingKeys.otherVariables
        let flags = SettingKeys.all.compactMap(\.flag)
        for list in [names, variables, flags] { #expect(Set(list).count == list.count) }
    }

    @Test func defaultsAreValid() {
        for setting in SettingKeys.all { #expect(setting.normalized(setting.defaultText) == setting.defaultText) }
    }

    @Test(
        arguments: [
            ("sqlite:data/x.db", "sqlite:data/x.db"), ("sqlite:///var/x.db", "sqlite:///var/x.db"),
            ("sqlite:/var/x.db", nil), ("sqlite::memory:", nil), ("SQLITE:x.db", "sqlite:x.db"), ("sqlite:", nil),
            ("sqlite://", nil),
            ("sqlite://host/x.db", nil), ("sqlite:dir/", nil), ("sqlite:x.db?mode=ro", nil), ("x.db", nil), ("", nil),
            ("mysql://a/b", nil), ("postgres://a/b", "postgres://a/b"), ("postgres:a", nil), ("sqlite:a b", nil),
        ] as [(String, String?)]
    )
    func databaseURLsAreParsed(_ text: String, _ canonical: String?) {
        #expect(DatabaseLocation(text: text)?.text == canonical)
    }

    @Test(
        "hosts and origins that no request can have are refused",
        arguments: [
            ("api.allowed_hosts", "status.example.org, .example.org,*,[2001:db8::1],10.0.0.1,a_b", true),
            ("api.allowed_hosts", "http://a", false), ("api.allowed_hosts", "a:80", false),
            ("api.allowed_hosts", "a:", false), ("api.allowed_hosts", "a/b", false),
            ("api.allowed_hosts", "ok.example,::1", false), ("api.allowed_hosts", "*.example.org", false),
            ("api.trusted_origins", "https://status.example.org,http://[::1]:8000,chrome-extension://abc", true),
            ("api.trusted_origins", "evil", false), ("api.trusted_origins", "https://a/", false),
            ("api.trusted_origins", "https://a:443", false), ("api.trusted_origins", "http://a:443", true),
            ("api.trusted_origins", "*", false), ("api.trusted_origins", "https://u@a", false),
            ("api.trusted_origins", "https://", false), ("api.trusted_origins", "null", false),
        ] as [(String, String, Bool)]
    )
    func hostsAndOrigins(_ name: String, _ text: String, _ isAccepted: Bool) {
        #expect((SettingKeys.specs(name).first?.normalized(text) != nil) == isAccepted)
    }

    @Test(
        arguments: [
            ("1.1.1.1", "1.1.1.1:53"), ("1.1.1.1:5353", "1.1.1.1:5353"), ("[::1]:53", "[::1]:53"), ("::1", "[::1]:53"),
            ("[::1]", "[::1]:53"), ("1.1.1.1:0", nil), ("1.1.1.1:65536", nil), ("dns.example:53", nil),
            ("1.1.1:53", nil), (":53", nil),
        ] as [(String, String?)]
    )
    func nameServersAreParsed(_ text: String, _ canonical: String?) {
        #expect(ValueReader.nameServer.read(text) == canonical)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("localhost", true), ("LOCALHOST", true),
        ("0.0.0.0", false), ("::", false), ("10.0.0.1", false), ("example.com", false), ("128.0.0.1", false),
    ])
    func onlyLoopbackMayBeServed(_ host: String, _ isAllowed: Bool) throws {
        var sources = ConfigurationSources()
        sources.environment = ["API_HOST": host]
        let settings = Settings(try Configuration(SettingKeys.all, from: sources))
        #expect(settings.refusals.isEmpty == isAllowed)
    }
}
