import Arguments

/// `sentinel channels`.
enum ChannelsCommand {
    private static let commands = ResourceCommands(.channels)

    static let command = Command<CommandAction>(
        "channels",
        summary: "Shows, changes and tests the channels that send notifications.",
        discussion: "Secrets do not belong on the command line, where others see them: write them into a file and give "
            + "--file FILE or --set settings.token=@FILE.",
        subcommands: [
            commands.list, commands.show, commands.add, commands.edit, commands.remove, NotifyCommand.test,
        ]
    )
}
