/// Writes shell completion scripts from the command tree.
package enum Completion {
    /// The supported shells.
    package enum Shell: String, Sendable, CaseIterable { case bash, zsh, fish }

    /// The completion script for a shell, which the shell sources when it starts.
    package static func script<Action>(for shell: Shell, _ root: Command<Action>) -> String {
        switch shell {
        case .bash: bash(root)
        // zsh can load completion functions written for bash.
        case .zsh: "#compdef \(root.name)\nautoload -U +X bashcompinit && bashcompinit\n" + bash(root)
        case .fish: fish(root)
        }
    }

    /// A command, the words that lead to it, and its names at each step.
    private struct Place<Action: Sendable> {
        let path: String
        let command: Command<Action>
    }

    private static func places<Action>(_ command: Command<Action>, _ path: String) -> [Place<Action>] {
        [Place(path: path, command: command)]
            + command.shown.flatMap { places($0, path.isEmpty ? $0.name : "\(path) \($0.name)") }
    }

    private static func options<Action>(_ command: Command<Action>) -> [OptionSpec] {
        command.options.filter { !$0.isHidden }
    }

    private static func bash<Action>(_ root: Command<Action>) -> String {
        let cases = places(root, "").map { place in
            let names = place.command.shown.map(\.name) + place.command.positionals.flatMap(\.choices)
            let words = names + options(place.command).map { "--\($0.name)" } + ["--help"]
            return "    '\(place.path)') words='\(words.joined(separator: " "))' ;;\n"
        }
        // Synonyms lead to the same command as the names that they stand for.
        let steps = places(root, "").flatMap { place in
            place.command.shown.map { child in
                let patterns = ([child.name] + child.synonyms).map { "'\(place.path)/\($0)'" }
                let path = place.path.isEmpty ? child.name : "\(place.path) \(child.name)"
                return "      \(patterns.joined(separator: "|"))) path='\(path)' ;;\n"
            }
        }
        let values = places(root, "").flatMap { place in
            options(place.command).filter { !$0.choices.isEmpty }.map { option in
                let names = ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
                let patterns = names.map { "'\(place.path) \($0)'" }.joined(separator: "|")
                return "    \(patterns)) values='\(option.choices.joined(separator: " "))' ;;\n"
            }
        }
        return """
            _\(root.name)() {
              local current="${COMP_WORDS[COMP_CWORD]}" previous='' path='' words='' values='' index
              [ "$COMP_CWORD" -gt 0 ] && previous="${COMP_WORDS[COMP_CWORD-1]}"
              for ((index = 1; index < COMP_CWORD; index++)); do
                case "$path/${COMP_WORDS[index]}" in
            \(steps.joined())    esac
              done
              case "$path $previous" in
            \(values.joined())  esac
              if [ -n "$values" ]; then
                COMPREPLY=($(compgen -W "$values" -- "$current"))
                return
              fi
              case "$path" in
            \(cases.joined())  esac
              COMPREPLY=($(compgen -W "$words" -- "$current"))
              [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
            }
            complete -F _\(root.name) \(root.name)

            """
    }

    private static func fish<Action>(_ root: Command<Action>) -> String {
        var lines = [
            "function __\(root.name)_at",
            "    set -l words (commandline -opc | string match -v -- '-*')",
            "    test \"$words[2..]\" = \"$argv\"",
            "end",
        ]
        for place in places(root, "") {
            let condition = "complete -c \(root.name) -n '__\(root.name)_at \(place.path)'"
            for child in place.command.shown {
                lines.append("\(condition) -f -a \(child.name) -d \(quoted(child.summary))")
            }
            for choice in place.command.positionals.flatMap(\.choices) {
                lines.append("\(condition) -f -a \(quoted(choice))")
            }
            for option in options(place.command) {
                let value = option.placeholder == nil ? "" : " -r"
                let short = option.short.map { " -s \($0)" } ?? ""
                let choices = option.choices.isEmpty ? "" : " -f -a \(quoted(option.choices.joined(separator: " ")))"
                lines.append("\(condition) -l \(option.name)\(short)\(value)\(choices) -d \(quoted(option.help))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
