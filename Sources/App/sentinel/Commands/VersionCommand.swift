import Arguments
import Base

/// `sentinel version`.
enum VersionCommand {
    private static let json = Flag("json", help: "Print JSON.")

    static let command = Command<CommandAction>(
        "version",
        summary: "Prints the version.",
        options: [json.spec]
    ) { invocation, context in
        let object: JSONValue = ["name": "sentinel", "version": .string(version)]
        context.output(invocation[json] ? "\(object)\n" : "sentinel \(version)\n")
        return .exit(.success)
    }
}
