import Arguments
import Base
import Domain

/// `sentinel monitors add`.
enum MonitorsAddCommand {
    private static let name = Positional<String>(
        "NAME",
        .text("NAME", length: 1...MonitorLimits.nameLength),
        count: 0...1,
        help: "The monitor's name; --set or --file may give it."
    )
    private static let paused = Flag("paused", help: "Add it without checking it yet; the same as --no-enabled.")

    private static let words = Positional<String>(
        "[KIND] TARGET",
        .anyText("TARGET", maximum: 65_536),
        count: 0...2,
        choices: Kinds.all.names,
        help: "What to check, as for sentinel check; --set or --file may give it."
    )
    private static let own = [MonitorsCommand.server.spec, paused.spec] + ResourceBody.options + ServerOutput.options
    private static let settings = SettingFlags(MonitorDraft.fields.flags.filter { $0.name != "name" }, reserved: own)
    private static let flags = CheckFlags(Kinds.all, reserved: own + settings.specs)

    static let command = Command<CommandAction>(
        "add",
        summary: "Adds a monitor to a running server.",
        discussion: "Settings that are left out get the server's default.",
        options: [MonitorsCommand.server.spec] + settings.specs + [paused.spec] + flags.specs + ResourceBody.options
            + ServerOutput.options,
        positionals: [name.spec, words.spec]
    ) { invocation, context in
        let monitor = try monitor(invocation, context)
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            let added = try await ServerResource.monitors.add(monitor, client)
            let line = "Added monitor \(added["id"]?.integerValue ?? 0): \(added["target"]?.stringValue ?? "")"
            context.output(ServerOutput.one(added, format) { _ in TerminalStyle.printable(line) + "\n" })
            context.warn(added)
            return .success
        }
    }

    /// The request body: only what the command line gives; flags count over the file, `--set` over both.
    private static func monitor(_ invocation: Invocation, _ context: CommandContext) throws -> JSONObject {
        let given = GivenMembers(
            members: try ResourceBody.fileMembers(invocation),
            sets: try ResourceBody.sets(invocation)
        )
        let words = invocation[words]
        var read = given
        var errors = FlagErrors()
        if given.isEmpty || !words.isEmpty {
            guard given["name"] != nil || !invocation[name].isEmpty else {
                throw UsageError.missingArgument(name.spec.name)
            }
            guard !words.isEmpty else { throw UsageError.missingArgument(Self.words.spec.name) }
            let (kind, target) = try flags.kind(invocation, words, in: "sentinel monitors add NAME")
            read.members["kind"] = .string(kind.name)
            let members = try flags.members(invocation, kind, target: target, context, &errors)
            if given.isEmpty { _ = flags.spec(kind, members, &errors) }
            for (name, value) in members.members { read.members[name] = value }
        } else {
            let text = invocation[CheckFlags.kind] ?? given["kind"]?.stringValue ?? Kinds.all.standard.name
            let kind = try flags.kind(named: text)
            read.members["kind"] = .string(kind.name)
            // Without a target the flags imply nothing else.
            let members = try flags.members(invocation, kind, target: nil, context, &errors)
            for (name, value) in members.members { read.members[name] = value }
        }
        if let name = invocation[name].first { read.members["name"] = .string(name) }
        for (name, value) in try settings.members(invocation, &errors).members { read.members[name] = value }
        try errors.check(invocation)
        if invocation[paused] {
            if read.members["enabled"] == true { throw UsageError.other("--paused and --enabled exclude each other") }
            read.members["enabled"] = false
        }
        return read.body()
    }
}
