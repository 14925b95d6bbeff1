import Arguments
import Base

/// The commands that every kind of resource has: list, show, add, edit, remove.
struct ResourceCommands: Sendable {
    let resource: ServerResource
    /// The flags of the resource's settings.
    let flags: SettingFlags

    init(_ resource: ServerResource) {
        self.resource = resource
        let own = [ServerCommand.server.spec] + ResourceBody.options + ServerOutput.options
        flags = SettingFlags(resource.flags, reserved: own)
    }

    private static let limit = ServerCommand.limit

    /// The resource that a command is about.
    var target: Positional<String> {
        Positional<String>("NAME|ID", .text("NAME|ID", length: 1...1024), help: "Name or number of \(resource.one).")
    }

    private var targets: Positional<String> {
        Positional<String>(
            "NAME|ID",
            .text("NAME|ID", length: 1...1024),
            count: 1...1000,
            help: "Name or number of \(resource.one)."
        )
    }

    /// Prints the resources in the server's order.
    var list: Command<CommandAction> {
        let resource = resource
        return Command(
            "list",
            summary: "Lists the \(resource.plural) of a running server.",
            options: [ServerCommand.server.spec, Self.limit.spec] + ServerOutput.options
        ) { invocation, context in
            let count = invocation[Self.limit] ?? 100
            let format = try ServerOutput.format(invocation)
            return try ServerCommand.run(invocation, context) { client in
                let (items, hasMore) = try await client.list(resource.plural, resource.path, limit: count)
                let none = "No \(resource.plural)."
                context.output(ServerOutput.list(items, format, none: none, table: resource.table))
                if hasMore { context.complain("sentinel: there are more; --limit shows them\n") }
                return .success
            }
        }
    }

    /// Prints one resource with all its members.
    var show: Command<CommandAction> {
        let (resource, target) = (resource, target)
        return Command(
            "show",
            summary: "Shows \(resource.one) with all its members.",
            options: [ServerCommand.server.spec] + ServerOutput.options,
            positionals: [target.spec]
        ) { invocation, context in
            let format = try ServerOutput.format(invocation)
            let wanted = try Self.first(invocation, target)
            return try ServerCommand.run(invocation, context) { client in
                let found = try await resource.call("GET", of: wanted, client)
                context.output(ServerOutput.one(found, format))
                return .success
            }
        }
    }

    /// Creates a resource from the given members.
    var add: Command<CommandAction> {
        let resource = resource
        let flags = flags
        return Command(
            "add",
            summary: "Adds \(resource.one) to a running server.",
            discussion: "Settings that are left out get the server's default. For example: \(resource.example)",
            options: [ServerCommand.server.spec] + flags.specs + ResourceBody.options + ServerOutput.options
        ) { invocation, context in
            let format = try ServerOutput.format(invocation)
            let given = try ResourceBody.read(invocation, flags: try flags.members(invocation))
            return try ServerCommand.run(invocation, context) { client in
                let added = try await resource.add(given.body(), client)
                context.output(ServerOutput.one(added, format) { Self.line("Added", resource, $0) })
                context.warn(added)
                return .success
            }
        }
    }

    /// Changes the given members and keeps the others.
    var edit: Command<CommandAction> {
        let resource = resource
        let target = target
        let flags = flags
        return Command(
            "edit",
            summary: "Changes members of \(resource.one), and leaves the others.",
            discussion: "Takes what 'show -o yaml' prints, by --file. For example: \(resource.example)",
            options: [ServerCommand.server.spec] + flags.specs + ResourceBody.options + ServerOutput.options,
            positionals: [target.spec]
        ) { invocation, context in
            let format = try ServerOutput.format(invocation)
            let given = try ResourceBody.read(invocation, flags: try flags.members(invocation))
            let wanted = try Self.first(invocation, target)
            return try ServerCommand.run(invocation, context) { client in
                let changed = try await resource.change(wanted, given, client)
                context.output(ServerOutput.one(changed, format) { Self.line("Changed", resource, $0) })
                context.warn(changed)
                return .success
            }
        }
    }

    /// Removes resources; continues when one cannot be removed.
    var remove: Command<CommandAction> {
        let (resource, targets) = (resource, targets)
        return Command(
            "remove",
            synonyms: ["rm", "delete"],
            summary: "Removes \(resource.plural) from a running server.",
            options: [ServerCommand.server.spec],
            positionals: [targets.spec]
        ) { invocation, context in
            let wanted = invocation[targets]
            return try ServerCommand.run(invocation, context) { client in
                var code = ExitCode.success
                for text in wanted {
                    do {
                        let number = try await resource.remove(text, client)
                        context.output("Removed \(resource.name) \(number)\n")
                    } catch {
                        context.complain(TerminalStyle.printable("sentinel: \(resource.name) \(text): \(error)") + "\n")
                        code = .failure
                    }
                }
                return code
            }
        }
    }

    /// Sends a fixed change.
    func change(_ name: String, summary: String, done: String, _ body: JSONValue) -> Command<CommandAction> {
        let (resource, target) = (resource, target)
        return Command(
            name,
            summary: summary,
            options: [ServerCommand.server.spec] + ServerOutput.options,
            positionals: [target.spec]
        ) { invocation, context in
            let format = try ServerOutput.format(invocation)
            let wanted = try Self.first(invocation, target)
            return try ServerCommand.run(invocation, context) { client in
                let changed = try await resource.call("PATCH", of: wanted, client, body)
                context.output(ServerOutput.one(changed, format) { Self.line(done, resource, $0) })
                context.warn(changed)
                return .success
            }
        }
    }

    /// The value of a required argument.
    static func first(_ invocation: Invocation, _ positional: Positional<String>) throws(UsageError) -> String {
        guard let text = invocation[positional].first else { throw .missingArgument(positional.spec.name) }
        return text
    }

    /// What was done to which resource, for people.
    static func line(_ verb: String, _ resource: ServerResource, _ value: JSONValue) -> String {
        let name = value["name"]?.stringValue.map { ": \($0)" } ?? ""
        let line = "\(verb) \(resource.name) \(value["id"]?.integerValue ?? 0)\(name)"
        return TerminalStyle.printable(line) + "\n"
    }
}
