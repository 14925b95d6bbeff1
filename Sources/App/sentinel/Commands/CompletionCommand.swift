import Arguments
import Base

/// `sentinel completion`.
enum CompletionCommand {
    private static let shell = Positional<Completion.Shell>("SHELL", .choice, help: "bash, zsh or fish.")

    static let command = Command<CommandAction>(
        "completion",
        summary: "Prints what a shell completes command lines with.",
        discussion: """
            For bash, in ~/.bashrc:
              source <(sentinel completion bash)
            For zsh, in ~/.zshrc:
              source <(sentinel completion zsh)
            For fish:
              sentinel completion fish > ~/.config/fish/completions/sentinel.fish
            """,
        positionals: [shell.spec]
    ) { invocation, context in
        guard let shell = invocation[shell].first else { throw UsageError.missingArgument("SHELL") }
        context.output(Completion.script(for: shell, CommandTree.root))
        return .exit(.success)
    }
}
