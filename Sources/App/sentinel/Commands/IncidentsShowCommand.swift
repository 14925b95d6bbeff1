import Arguments
import Base

/// `sentinel incidents show`.
enum IncidentsShowCommand {
    /// The most lines of a timeline that are shown.
    private static let lines = 10_000

    static let command = Command<CommandAction>(
        "show",
        summary: "Shows an incident with its timeline.",
        options: [ServerCommand.server.spec, ServerCommand.json.spec],
        positionals: [IncidentsCommand.id.spec]
    ) { invocation, context in
        let id = IncidentsCommand.id
        guard let number = invocation[id].first else { throw UsageError.missingArgument(id.spec.name) }
        let showsJSON = invocation[ServerCommand.json]
        return try ServerCommand.run(invocation, context) { client in
            let path = "\(IncidentsCommand.path)/\(number)"
            let incident = try await client.call("GET", path)
            let timeline = try await client.list("lines", "\(path)/timeline", cursor: "after", limit: lines).items
            if showsJSON, case .object(var object) = incident {
                object["timeline"] = .array(timeline)
                context.output("\(JSONValue.object(object))\n")
            } else {
                context.output(IncidentReport.text(incident, timeline))
            }
            return .success
        }
    }
}
