import Arguments
import Base

/// `sentinel version`.
enum VersionCommand {
    static let command = Command<CommandAction>(
        "version",
        summary: "Prints the version.",
        options: ServerOutput.options
    ) { invocation, context in
        let object: JSONValue = ["name": "sentinel", "version": .string(version)]
        let format = try ServerOutput.format(invocation)
        context.output(ServerOutput.one(object, format) { _ in "sentinel \(version)\n" })
        return .exit(.success)
    }
}
