import Arguments
import Base

/// `sentinel notify`.
enum NotifyCommand {
    private static let path = "/api/v1/channels"
    private static let channel = Positional<String>(
        "CHANNEL",
        .text("CHANNEL", length: 1...100),
        help: "Number or name of a channel."
    )

    static let command = Command<CommandAction>(
        "notify",
        summary: "Shows the channels of a running server and tries them.",
        subcommands: [channels, test]
    )

    private static let channels = Command<CommandAction>(
        "channels",
        summary: "Lists the channels of a running server.",
        options: [ServerCommand.server.spec] + ServerOutput.options
    ) { invocation, context in
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            let found = try await client.call("GET", path)
            let items = found.arrayValue ?? []
            context.output(ServerOutput.list(items, format, none: "No channels.", table: ChannelsTable.text))
            return .success
        }
    }

    static let test = Command<CommandAction>(
        "test",
        summary: "Sends a test message through a channel, now and once.",
        options: [ServerCommand.server.spec] + ServerOutput.options,
        positionals: [channel.spec]
    ) { invocation, context in
        guard let wanted = invocation[channel].first else { throw UsageError.missingArgument(channel.spec.name) }
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            let channels = try await client.call("GET", path)
            let found = try channel(wanted, in: channels)
            let outcome = try await client.call("POST", "\(path)/\(found.id)/test")
            context.output(ServerOutput.one(outcome, format) { ChannelsTable.outcome($0, of: found.name) })
            return outcome["outcome"]?.stringValue == "delivered" ? .success : .failure
        }
    }

    /// The channel with a name, otherwise with a number.
    private static func channel(
        _ wanted: String,
        in answer: JSONValue
    ) throws(CommandError) -> (id: Int64, name: String) {
        let known = answer.arrayValue ?? []
        let named = known.first { $0["name"]?.stringValue == wanted }
        let found = named ?? known.first { $0["id"]?.description == wanted }
        guard let id = found?["id"]?.integerValue else {
            let names = known.compactMap { $0["name"]?.stringValue }.joined(separator: ", ")
            let there = names.isEmpty ? "there are none" : "there are: \(names)"
            throw CommandError(TerminalStyle.printable("no channel is called '\(wanted)'; \(there)"))
        }
        return (id, found?["name"]?.stringValue ?? "channel")
    }
}
