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
    private static let paused = Flag("paused", help: "Add it without checking it yet; the same as --no-enabled.")

    private static let words = Positional<String>(
        "[KIND] TARGET",
        .anyText("TARGET", maximum: 65_536),
        count: 1...2,
        choices: Kinds.all.names,
        help: "What to check, as for sentinel check."
    )
    private static let own = [MonitorsCommand.server.spec, paused.spec] + ServerOutput.options
    private static let settings = SettingFlags(MonitorDraft.fields.flags.filter { $0.name != "name" }, reserved: own)
    private static let flags = CheckFlags(Kinds.all, reserved: own + settings.specs)

    static let command = Command<CommandAction>(
        "add",
        summary: "Adds a monitor to a running server.",
        discussion: "Settings that are left out get the server's default.",
        options: [MonitorsCommand.server.spec] + settings.specs + [paused.spec] + flags.specs + ServerOutput.options,
        positionals: [name.spec, words.spec]
    ) { invocation, context in
        let monitor = try monitor(invocation, context)
        let format = try ServerOutput.format(invocation)
        return try MonitorsCommand.run(invocation, context) { api in
            let added = try await api.add(monitor)
            let line = "Added monitor \(added["id"]?.integerValue ?? 0): \(added["target"]?.stringValue ?? "")"
            context.output(ServerOutput.one(added, format) { _ in TerminalStyle.printable(line) + "\n" })
            context.warn(added)
            return .success
        }
    }

    /// The request body: only what the command line gives.
    private static func monitor(_ invocation: Invocation, _ context: CommandContext) throws -> JSONValue {
        guard let name = invocation[name].first else { throw UsageError.missingArgument(name.spec.name) }
        let (kind, target) = try flags.kind(invocation, invocation[words], in: "sentinel monitors add NAME")
        let members = try flags.members(invocation, kind, target: target, context)
        _ = try flags.spec(kind, members)
        var object = JSONObject([("kind", .string(kind.name)), ("name", .string(name))])
        for (name, value) in members.members { object[name] = value }
        for (name, value) in try settings.members(invocation).members { object[name] = value }
        if invocation[paused] {
            if object["enabled"] == true { throw UsageError.other("--paused and --enabled exclude each other") }
            object["enabled"] = false
        }
        return .object(object)
    }
}
