import Arguments
import Base
import Glibc
import Postgres

/// `sentinel copy`.
enum CopyCommand {
    private static let from = Option<DatabaseLocation>(
        "from",
        DatabaseLocation.reader,
        isSecret: true,
        help: "The database that is copied; no process may serve it."
    )
    private static let to = Option<DatabaseLocation>(
        "to",
        DatabaseLocation.reader,
        isSecret: true,
        help: "The empty database that it is copied to, or one where a copy of it was interrupted."
    )

    static let command = Command<CommandAction>(
        "copy",
        summary: "Copies an installation to another database, such as from SQLite to PostgreSQL.",
        discussion:
            "All rows and their numbers are kept and compared in the end; an interrupted copy goes on when it is "
            + "run again. Stored credentials stay sealed with the same key: see docs/postgresql.md.",
        options: [from.spec, to.spec]
    ) { invocation, context in
        guard let source = invocation[from], let target = invocation[to] else {
            throw UsageError.other("it needs both --from URL and --to URL")
        }
        guard source != target else { throw UsageError.other("--from and --to are the same database") }
        if case .sqlite(let path) = source, access(path, F_OK) != 0 {
            throw CommandError("there is no database at '\(path)'")
        }
        return .task {
            let original = try await opened(source, context)
            do {
                let copy = try await opened(target, context)
                do {
                    let name = shownName(source)
                    try await StoreCopy(source: original, target: copy, name: name) { context.output($0) }.run()
                } catch {
                    await copy.close()
                    throw error
                }
                await copy.close()
            } catch {
                await original.close()
                throw error
            }
            await original.close()
            return .success
        }
    }

    private static func opened(_ location: DatabaseLocation, _ context: CommandContext) async throws -> OpenedStore {
        try await OpenedStore.open(location, .alone) { file in
            context.complain("sentinel: took the permissions of others from \(file)\n")
        }
    }

    /// A database's name without its password.
    private static func shownName(_ location: DatabaseLocation) -> String {
        guard case .postgres(let url) = location else { return location.text }
        return (try? PostgresConfiguration(url: url))?.name ?? "postgres"
    }
}
