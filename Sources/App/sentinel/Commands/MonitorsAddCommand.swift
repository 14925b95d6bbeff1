import Arguments
import Base
import Domain

/// `sentinel monitors add`.
enum MonitorsAddCommand {
    private static let name = Positional<String>(
        "NAME",
        .text("NAME", length: 1...MonitorLimits.nameLength),
        help: "The monitor's name."
    )
    private static let interval = Option<Duration>(
        "interval",
        .duration(MonitorLimits.interval),
        help: "Time between checks, whole seconds."
    )
    private static let tag = RepeatedOption<String>(
        "tag",
        .text("TAG", length: 1...MonitorLimits.tagLength),
        maximum: MonitorLimits.tagCount,
        help: "Tag of the monitor; may be repeated."
    )
    private static let paused = Flag("paused", help: "Add it without checking it yet.")

    private static let words = Positional<String>(
        "[KIND] TARGET",
        .anyText("TARGET", maximum: 65_536),
        count: 1...2,
        help: "What to check, as for sentinel check."
    )
    private static let own = [MonitorsCommand.server.spec, interval.spec, tag.spec, paused.spec]
    private static let flags = CheckFlags(Kinds.all, reserved: own + ServerOutput.options)

    static let command = Command<CommandAction>(
        "add",
        summary: "Adds a monitor to a running server.",
        discussion: "Settings that are left out get the server's default.",
        options: own + flags.specs + ServerOutput.options,
        positionals: [name.spec, words.spec]
    ) { invocation, context in
        let monitor = try monitor(invocation, context)
        let format = try ServerOutput.format(invocation)
        return try MonitorsCommand.run(invocation, context) { api in
            let added = try await api.add(monitor)
            let line = "Added monitor \(added["id"]?.integerValue ?? 0): \(added["target"]?.stringValue ?? "")"
            context.output(ServerOutput.one(added, format) { _ in TerminalStyle.printable(line) + "\n" })
            return .success
        }
    }

    /// The request body: only what the command line gives.
    private static func monitor(_ invocation: Invocation, _ context: CommandContext) throws -> JSONValue {
        guard let name = invocation[name].first else { throw UsageError.missingArgument(name.spec.name) }
        let (kind, target) = try flags.kind(invocation, invocation[words])
        let members = try flags.members(invocation, kind, target: target, context)
        _ = try flags.spec(kind, members)
        var object = JSONObject([("kind", .string(kind.name)), ("name", .string(name))])
        for (name, value) in members.members { object[name] = value }
        if let interval = invocation[interval] {
            guard interval.wholeMilliseconds % 1000 == 0 else {
                throw UsageError.other("--interval must be whole seconds")
            }
            object["interval"] = .integer(interval.components.seconds)
        }
        let tags = invocation[tag]
        if !tags.isEmpty { object["tags"] = .array(tags.map { .string($0) }) }
        if invocation[paused] { object["enabled"] = false }
        return .object(object)
    }
}
