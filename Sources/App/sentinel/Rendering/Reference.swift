import Base
import Domain

/// The pages of `docs/reference`, made of the tables of settings and nothing else.
package enum Reference {
    /// One file.
    package struct Page: Sendable {
        package let file: String
        package let title: String
        package let text: String

        fileprivate init(_ file: String, _ title: String, _ parts: [String]) {
            self.file = file
            self.title = title
            text = "# \(title)\n\n\(Reference.note)\n\n" + parts.joined(separator: "\n\n") + "\n"
        }
    }

    package static let pages: [Page] = [index] + all

    private static let note =
        "This page is made of the program's own tables: `sentinel reference docs/reference` writes it anew."

    private static let all = [
        resource("channels.md", "Channels", "channels", "/api/v1/channels", Channel.fields()),
        Page("checks.md", "Checks", Kinds.all.all.map(section)),
        Page("configuration.md", "Configuration", [settings]),
        resource(
            "maintenance.md",
            "Maintenance windows",
            "maintenance",
            "/api/v1/maintenance",
            MaintenancePlan.fields()
        ),
        resource(
            "monitors.md",
            "Monitors",
            "monitors",
            "/api/v1/monitors",
            MonitorDraft.fields,
            more: "`kind` and the settings of each kind of check are on the [page of checks](checks.md)."
        ),
        resource("policies.md", "Policies", "policies", "/api/v1/policies", Policy.fields),
        resource("rules.md", "Alert rules", "rules", "/api/v1/alerts/rules/", AlertRule.fields),
        resource("servers.md", "Servers", "servers", "/api/v1/servers/", MonitoredServer.fields),
        resource("silences.md", "Silences", "silences", "/api/v1/silences", Silence.fields),
    ]

    private static let index = Page(
        "README.md",
        "Reference of settings",
        [all.map { "- [\($0.title)](\($0.file))" }.joined(separator: "\n")]
    )

    private static func resource<Root>(
        _ file: String,
        _ title: String,
        _ command: String,
        _ path: String,
        _ table: FieldTable<Root>,
        more: String = ""
    ) -> Page {
        let rows = table.fields.map { field in
            var cells = row(field)
            cells.insert(field.twin == nil ? flag(field.flag) : "-", at: 1)
            return cells
        }
        let text = "The members of a body of `\(path)`, and the flags of `sentinel \(command)`."
        return Page(
            file,
            title,
            [
                more.isEmpty ? text : text + " " + more,
                self.table(["member", "flag", "value", "default", "what it is"], rows),
            ]
        )
    }

    private static func section(_ kind: any CheckKind.Type) -> String {
        "## \(kind.name)\n\n\(kind.summary)\n\n"
            + table(["member", "flag", "value", "default", "what it is"], rows(kind))
    }

    private static func rows<Kind: CheckKind>(_ kind: Kind.Type) -> [[String]] {
        kind.fields.map { field in
            var cells = row(field)
            cells.insert(field.isRequired ? "the target" : flag(field.flag), at: 1)
            return cells
        }
    }

    private static func row<Root>(_ field: Field<Root>) -> [String] {
        let standard = field.isRequired ? "required" : field.standard.map { "`\($0)`" } ?? "-"
        let about = field.about + (field.mayBeSecret ? " What is secret in it is masked." : "")
        return ["`\(field.name)`", SchemaWords.text(field.schema), standard, about]
    }

    private static func flag(_ flag: FieldFlag) -> String {
        let short = flag.short.map { "`-\($0)`, " } ?? ""
        if flag.isSwitch { return "\(short)`--\(flag.name)`, `--no-\(flag.name)`" }
        return "\(short)`--\(flag.name) \(flag.placeholder)`" + (flag.isRepeated ? ", repeated" : "")
    }

    private static var settings: String {
        let rows = SettingKeys.all.map { setting in
            [
                "`\(setting.name)`", setting.environment.map { "`\($0)`" }.joined(separator: ", "),
                setting.flag.map { "`--\($0)`" } ?? "-", setting.expected,
                setting.defaultText.isEmpty ? "none" : "`\(setting.defaultText)`",
                setting.help + (setting.masking == .none ? "" : " What is secret in it is masked."),
            ]
        }
        return table(["setting", "variable", "flag of `serve`", "value", "default", "what it is"], rows)
    }

    private static func table(_ titles: [String], _ rows: [[String]]) -> String {
        let lines = [titles, titles.map { _ in "---" }] + rows.map { $0.map(escaped) }
        return lines.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }

    /// A bar would end the cell.
    private static func escaped(_ cell: String) -> String { cell.replacing("|", with: "\\|") }
}
