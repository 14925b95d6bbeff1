import Arguments
import Base
import Glibc

/// `sentinel reference FOLDER`: writes the pages that the tables of settings make.
enum ReferenceCommand {
    private static let folder = Positional<String>("FOLDER", .text("FOLDER"), help: "Where to: docs/reference.")

    static let command = Command<CommandAction>(
        "reference",
        summary: "Writes the reference of all settings, in a checkout of Sentinel.",
        positionals: [folder.spec]
    ) { invocation, context in
        guard let folder = invocation[folder].first else { throw UsageError.missingArgument(folder.spec.name) }
        for page in Reference.pages {
            try write(page.text, to: "\(folder)/\(page.file)")
            context.output("Wrote \(folder)/\(page.file)\n")
        }
        return .exit(.success)
    }

    /// Writes a file over what stands there.
    private static func write(_ text: String, to path: String) throws(CommandError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var text = text
        let isComplete = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) == $0.count }
        guard isComplete else { throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))") }
    }
}
