import Arguments
import Base

/// `sentinel incidents show`.
enum IncidentsShowCommand {
    /// The most lines of a timeline that are printed.
    private static let lines = 10_000

    static let command = Command<CommandAction>(
        "show",
        summary: "Shows an incident with its timeline.",
        options: [ServerCommand.server.spec] + ServerOutput.options,
        positionals: [IncidentsCommand.id.spec]
    ) { invocation, context in
        let id = IncidentsCommand.id
        guard let number = invocation[id].first else { throw UsageError.missingArgument(id.spec.name) }
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            let path = "\(IncidentsCommand.path)/\(number)"
            let incident = try await client.call("GET", path)
            let timeline = try await client.list("lines", "\(path)/timeline", cursor: "after", limit: lines).items
            var whole = incident
            if case .object(var object) = incident {
                object["timeline"] = .array(timeline)
                whole = .object(object)
            }
            context.output(ServerOutput.one(whole, format) { _ in IncidentReport.text(incident, timeline) })
            return .success
        }
    }
}
