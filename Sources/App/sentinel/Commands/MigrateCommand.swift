import Arguments
import Base
import Glibc
import SQL
import Storage

/// `sentinel migrate`.
enum MigrateCommand {
    static let command = Command<CommandAction>(
        "migrate",
        summary: "Moves the schema of the database, which 'serve' does by itself.",
        subcommands: [up, down, status, MigrateNewCommand.command]
    )

    private static let settings = SettingOptions.options(for: SettingKeys.specs("database.url"))
    private static let target = Option<Int>(
        "to",
        .integer(0...9999),
        help: "The version to stop at (default: the newest)."
    )
    private static let steps = Option<Int>("steps", .integer(1...9999), help: "How many to take back (default: 1).")
    private static let yes = Flag(
        "yes",
        help: "Do it even though stored data is lost, or several steps are taken back."
    )
    private static let up = Command<CommandAction>(
        "up",
        summary: "Applies the migrations that the database lacks.",
        options: settings + [target.spec]
    ) { invocation, context in
        let version = invocation[target]
        return try run(invocation, context, creating: true, changing: true) { migrator in
            let applied = try await migrator.up(to: version)
            report(applied, "Applied", "Nothing to apply.", context)
        }
    }

    private static let down = Command<CommandAction>(
        "down",
        summary: "Takes back the newest migrations, and with them what they hold.",
        discussion: "More than one step, and a step that loses what is stored, must be confirmed with --yes.",
        options: settings + [steps.spec, yes.spec]
    ) { invocation, context in
        let count = invocation[steps] ?? 1
        let isConfirmed = invocation[yes]
        return try run(invocation, context, changing: true) { migrator in
            let losses = try await migrator.losses(steps: count)
            if !isConfirmed, losses.count > 1 || losses.contains(where: \.losesData) {
                throw CommandError(
                    "this would take back, and delete for good:\n\(losses.map(text).joined())Nothing was changed; "
                        + "add --yes to do it"
                )
            }
            let reverted = try await migrator.down(steps: count)
            report(reverted, "Took back", "Nothing to take back.", context)
        }
    }

    private static let status = Command<CommandAction>(
        "status",
        summary: "Lists all migrations and when each was applied.",
        options: settings + ServerOutput.options
    ) { invocation, context in
        let format = try ServerOutput.format(invocation)
        return try run(invocation, context) { migrator in
            let all = try await migrator.status()
            let text = ServerOutput.list(all.map(object), format, none: "No migrations.") { _ in
                let rows = all.map { ["\($0.version)", $0.name, $0.appliedAt?.description ?? "not applied"] }
                return TextTable.text([["VERSION", "NAME", "APPLIED"]] + rows)
            }
            context.output(text)
        }
    }

    private static func text(_ loss: Migrator.Loss) -> String {
        let tables = loss.tables.map { "\($0.name) (\($0.rows) \($0.rows == 1 ? "row" : "rows"))" }
        let what = tables + loss.columns
        return "  \(loss.version) (\(loss.name)): \(what.isEmpty ? "nothing stored" : what.joined(separator: ", "))\n"
    }

    private static func object(_ status: Migrator.Status) -> JSONValue {
        [
            "version": .integer(Int64(status.version)),
            "name": .string(status.name),
            "applied_at": status.appliedAt.map { .string($0.description) } ?? .null,
        ]
    }

    private static func report(_ versions: [Int], _ verb: String, _ nothing: String, _ context: CommandContext) {
        let names = Dictionary(uniqueKeysWithValues: StorageSchema.migrations.map { ($0.version, $0.name) })
        let lines = versions.map { "\(verb) \($0) (\(names[$0] ?? "unknown"))\n" }
        context.output(lines.isEmpty ? nothing + "\n" : lines.joined())
    }

    /// Runs work with the migrator of the configured database.
    private static func run(
        _ invocation: Invocation,
        _ context: CommandContext,
        creating: Bool = false,
        changing: Bool = false,
        _ body: @escaping @Sendable (Migrator) async throws -> Void
    ) throws -> Execution {
        let configuration = try SettingOptions.loader(invocation, context.environment).load()
        let location = Settings(configuration).database
        if case .sqlite(let path) = location, !creating, access(path, F_OK) != 0 {
            throw CommandError("there is no database at '\(path)' yet; 'sentinel migrate up' creates it")
        }
        return .task {
            let store = try await OpenedStore.open(location, changing ? .alone : .open) { file in
                context.complain("sentinel: took the permissions of others from \(file)\n")
            }
            do {
                try await body(Migrator(database: store.database, migrations: StorageSchema.migrations))
            } catch {
                await store.close()
                throw error
            }
            await store.close()
            return .success
        }
    }
}
