import Arguments
import Base
import Glibc
import SQL
import Storage

/// `sentinel migrate new`, for developers of Sentinel.
enum MigrateNewCommand {
    private static let name = Positional<String>(
        "NAME",
        ValueReader(
            expected: "a name of 1 to 60 lower-case letters, digits and underscores, beginning with a letter",
            placeholder: "NAME",
            read: { text in
                let allowed = text.utf8.allSatisfy { $0 &- 48 <= 9 || $0 &- 97 <= 25 || $0 == UInt8(ascii: "_") }
                let begins = text.utf8.first.map { $0 &- 97 <= 25 } ?? false
                return allowed && begins && text.utf8.count <= 60 ? text : nil
            },
            write: { $0 }
        ),
        help: "What it does, such as add_certificates."
    )
    private static let folder = Option<String>(
        "folder",
        .text("FOLDER"),
        help: "Where the file goes (default: Sources/Roles/Storage/Schema)."
    )

    static let command = Command<CommandAction>(
        "new",
        summary: "Writes the Swift source of the next migration, in a checkout of Sentinel.",
        options: [folder.spec],
        positionals: [name.spec]
    ) { invocation, context in
        guard let name = invocation[name].first else { throw UsageError.missingArgument(name.spec.name) }
        let version = (StorageSchema.migrations.last?.version ?? 0) + 1
        let path = (invocation[folder] ?? "Sources/Roles/Storage/Schema") + "/Migration+version\(version).swift"
        try write(Migration.template(version: version, name: name), to: path)
        context.output("Wrote \(path); now add .version\(version) to StorageSchema.migrations.\n")
        return .exit(.success)
    }

    /// Writes a file that must not exist yet.
    private static func write(_ text: String, to path: String) throws(CommandError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var text = text
        let isComplete = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) == $0.count }
        guard isComplete else { throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))") }
    }
}
