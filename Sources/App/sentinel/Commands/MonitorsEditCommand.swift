import Arguments
import Base
import Domain

/// `sentinel monitors edit`.
enum MonitorsEditCommand {
    private static let resource = ServerResource.monitors
    private static let monitor = ResourceCommands(.monitors).target
    private static let target = Option<String>(
        "target",
        .anyText("TARGET", maximum: 65_536),
        help: "What to check instead, as for sentinel check."
    )
    private static let own =
        [MonitorsCommand.server.spec, target.spec] + ResourceBody.options + ServerOutput.options
    private static let settings = SettingFlags(MonitorDraft.fields.flags, reserved: own)
    private static let flags = CheckFlags(Kinds.all, reserved: own + settings.specs)

    static let command = Command<CommandAction>(
        "edit",
        summary: "Changes settings of a monitor, and leaves the others.",
        discussion:
            "Takes what 'monitors show -o yaml' prints, by --file. For example: --interval 30s --severity warning",
        options: [MonitorsCommand.server.spec, target.spec] + settings.specs
            + flags.specs.filter { $0.name != CheckFlags.kind.spec.name } + ResourceBody.options + ServerOutput.options,
        positionals: [monitor.spec]
    ) { invocation, context in
        let format = try ServerOutput.format(invocation)
        let needsKind = flags.isAnyGiven(invocation) || invocation[target] != nil
        let own = try settings.members(invocation)
        var read = GivenMembers(
            members: try ResourceBody.fileMembers(invocation),
            sets: try ResourceBody.sets(invocation)
        )
        for (name, value) in own.members { read.members[name] = value }
        guard needsKind || !read.isEmpty else { throw ResourceBody.nothingGiven }
        let given = read
        let wanted = try ResourceCommands.first(invocation, monitor)
        return try ServerCommand.run(invocation, context) { client in
            let number = "\(try await resource.number(of: wanted, client))"
            var all = given
            if needsKind {
                let stored = try await client.call("GET", "\(resource.path)/\(number)")
                for (name, value) in try check(invocation, of: stored, context).members { all.members[name] = value }
            }
            let changed = try await resource.change(number, all, client)
            context.output(ServerOutput.one(changed, format) { ResourceCommands.line("Changed", resource, $0) })
            context.warn(changed)
            return .success
        }
    }

    /// The settings of the monitor's own kind of check that the command line gives.
    private static func check(
        _ invocation: Invocation,
        of stored: JSONValue,
        _ context: CommandContext
    ) throws -> JSONObject {
        let name = stored["kind"]?.stringValue ?? ""
        guard let kind = Kinds.all[name] else {
            throw CommandError("this program does not know the kind '\(name.prefix(50))': use --set")
        }
        var errors = FlagErrors()
        var members = try flags.members(invocation, kind, target: nil, context, &errors)
        try errors.check(invocation)
        if let target = invocation[target] {
            for (name, value) in kind.members(ofTarget: target).members where members[name] == nil {
                members[name] = value
            }
        }
        return members
    }
}
