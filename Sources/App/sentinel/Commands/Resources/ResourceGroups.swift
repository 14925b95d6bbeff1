import Arguments

/// Command groups that have only the commands of every kind of resource.
enum ResourceGroups {
    static let policies = group("policies", .policies, "Says who is notified of which incidents.")
    static let maintenance = group("maintenance", .maintenance, "Plans times without notifications of what is down.")
    static let servers = group("servers", .servers, "Shows and changes the servers that alert rules are about.")

    private static func group(_ name: String, _ resource: ServerResource, _ summary: String) -> Command<CommandAction> {
        let commands = ResourceCommands(resource)
        return Command(
            name,
            summary: summary,
            subcommands: [commands.list, commands.show, commands.add, commands.edit, commands.remove]
        )
    }
}
