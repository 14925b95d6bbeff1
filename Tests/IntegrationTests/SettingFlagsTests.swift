import Arguments
import Base
import Domain
import TestSupport
import Testing
import sentinel

/// One line in a table is enough: flags, help, completion and the reference follow.
@Suite("Flags of resources") struct SettingFlagsTests {
    struct Table: Sendable, CustomTestStringConvertible {
        let command: String
        let page: String
        let settings: [FlagDeclaration]
        var verb = "add"
        /// What has another form on the command line: an argument.
        var arguments: Set<String> = []
        var testDescription: String { command }
    }

    static let tables = [
        Table(command: "monitors", page: "monitors.md", settings: MonitorDraft.fields.flags, arguments: ["name"]),
        Table(command: "monitors", page: "monitors.md", settings: MonitorDraft.fields.flags, verb: "edit"),
        Table(command: "channels", page: "channels.md", settings: Channel.fields().flags),
        Table(command: "policies", page: "policies.md", settings: Policy.fields.flags),
        Table(command: "policies", page: "policies.md", settings: Policy.fields.flags, verb: "edit"),
        Table(command: "maintenance", page: "maintenance.md", settings: MaintenancePlan.fields().flags),
        Table(command: "rules", page: "rules.md", settings: AlertRule.fields.flags),
        Table(command: "servers", page: "servers.md", settings: MonitoredServer.fields.flags),
        Table(command: "silences", page: "silences.md", settings: Silence.fields.flags, arguments: ["matchers"]),
    ]

    @Test("every setting of a table has a flag with its words", arguments: tables) func flags(_ table: Table)
        async throws
    {
        let result = try await SentinelBinary.run([table.command, table.verb, "--help"])
        #expect(result.code == 0)
        let help = result.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for setting in table.settings where !table.arguments.contains(setting.name) {
            #expect(help.contains("--\(setting.flag.name) "), "\(setting.name)")
            #expect(help.contains(setting.about), "\(setting.name)")
        }
    }

    @Test("every setting of a table is on its page of the reference", arguments: tables)
    func reference(_ table: Table) throws {
        let page = try #require(Reference.pages.first { $0.file == table.page })
        for setting in table.settings {
            #expect(page.text.contains("| `\(setting.name)` | "), "\(setting.name)")
            #expect(page.text.contains(setting.about), "\(setting.name)")
        }
    }

    @Test("completion offers the words of a setting") func completion() async throws {
        let bash = try await SentinelBinary.run(["completion", "bash"]).standardOutput
        #expect(bash.contains("'monitors add --severity') values='info warning critical' ;;"))
        #expect(bash.contains("'rules edit --no-data')"))
        let fish = try await SentinelBinary.run(["completion", "fish"]).standardOutput
        #expect(fish.contains("-l severity -r -f -a 'info warning critical'"))
    }

    @Test(
        "a value that the table refuses is refused before anything is sent",
        arguments: [
            (["monitors", "add", "Shop", "http://a.test/", "--retries", "21"], "--retries"),
            (["monitors", "add", "Shop", "http://a.test/", "--interval", "5s"], "--interval"),
            (["monitors", "add", "Shop", "http://a.test/", "--severity", "bad"], "--severity"),
            (["monitors", "edit", "Shop", "--quorum", "0"], "--quorum"),
            (["policies", "add", "--name", "x", "--matcher", "colour=red"], "--matcher"),
            (["rules", "edit", "1", "--threshold", "many"], "--threshold"),
            (["channels", "add", "--setting", "url"], "--setting"),
        ] as [([String], String)]
    )
    func refusals(_ words: [String], _ flag: String) async throws {
        let result = try await SentinelBinary.run(words)
        #expect(result.code == 2, "\(result)")
        #expect(result.standardError.contains("\(flag): "), "\(result)")
    }
}
