import Arguments
import Base

/// `sentinel monitors rm`.
enum MonitorsRemoveCommand {
    private static let ids = Positional<Int>(
        "ID",
        .integer(1...Int.max, "ID"),
        count: 1...1000,
        help: "Number of a monitor."
    )

    static let command = Command<CommandAction>(
        "rm",
        summary: "Removes monitors and their history from a running server.",
        options: [MonitorsCommand.server.spec],
        positionals: [ids.spec]
    ) { invocation, context in
        let numbers = invocation[ids]
        return try MonitorsCommand.run(invocation, context) { api in
            var code = ExitCode.success
            for id in numbers {
                do throws(MonitorsAPI.Failure) {
                    try await api.remove(id)
                    context.output("Removed monitor \(id)\n")
                } catch {
                    context.complain("sentinel: monitor \(id): \(error)\n")
                    code = .failure
                }
            }
            return code
        }
    }
}
