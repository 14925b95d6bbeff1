import Base
import Testing
import TestSupport

/// The command line from outside: arguments in, text and exit code out.
@Suite struct CLITests {
    @Test func noArgumentsPrintHelp() async throws {
        let output = try await SentinelBinary.run([])
        #expect(output.code == 0)
        #expect(output.standardError == "")
        for command in [
            "serve", "check", "monitors", "incidents", "silences", "maintenance", "rules", "servers", "channels",
            "policies", "notifications", "migrate", "config", "completion", "version",
        ] {
            #expect(output.standardOutput.contains("\n  \(command) "), "\(command)")
        }
    }

    @Test(
        arguments: [
            (["chekc"], "sentinel: unknown command 'chekc'; did you mean 'check'?\nTry 'sentinel --help'.\n"),
            (
                ["monitors"],
                "sentinel monitors: a command is missing: one of list, show, add, edit, pause, resume, history, remove\n"
                    + "Try 'sentinel monitors --help'.\n"
            ),
            (
                ["check", "--tiemout", "5", "x"],
                "sentinel check: unknown option --tiemout; did you mean --timeout?\nTry 'sentinel check --help'.\n"
            ),
            (["check"], "sentinel check: the argument [KIND] TARGET is missing\nTry 'sentinel check --help'.\n"),
            (["version", "x"], "sentinel version: unexpected argument 'x'\nTry 'sentinel version --help'.\n"),
            (
                ["serve", "--port", "x"],
                "sentinel: api.port (flag --port): 'x' is not a whole number from 0 to 65535\n"
            ),
            (["serve", "--host", "0.0.0.0"], nil),
            (["serve", "--database", "postgres://a:b@c/d"], nil),
        ] as [([String], String?)]
    )
    func usageErrorsExitWith2(_ words: [String], _ message: String?) async throws {
        let output = try await SentinelBinary.run(words)
        #expect(output.code == 2)
        #expect(output.standardOutput == "")
        if let message { #expect(output.standardError == message) } else { #expect(!output.standardError.isEmpty) }
    }

    @Test(arguments: [
        [], ["serve"], ["check"], ["monitors"], ["monitors", "list"], ["monitors", "add"],
        ["monitors", "show"], ["monitors", "edit"], ["monitors", "pause"], ["monitors", "history"],
        ["monitors", "remove"], ["channels"], ["channels", "add"], ["channels", "test"], ["policies", "edit"],
        ["maintenance", "remove"], ["rules", "show"], ["servers", "list"], ["completion"], ["silences", "show"],
        ["notifications", "show"],
        ["incidents"], ["incidents", "list"], ["incidents", "show"], ["incidents", "ack"], ["incidents", "comment"],
        ["incidents", "resolve"], ["silences"], ["silences", "list"], ["silences", "add"], ["silences", "remove"],
        ["notifications"], ["notifications", "list"], ["notifications", "resend"], ["migrate"],
        ["copy"], ["migrate", "up"], ["migrate", "down"], ["migrate", "status"], ["migrate", "new"], ["config"],
        ["version"],
    ])
    func everyCommandHasHelp(_ words: [String]) async throws {
        let long = try await SentinelBinary.run(words + ["--help"])
        #expect(long.code == 0)
        #expect(long.standardOutput.contains("Usage: \((["sentinel"] + words).joined(separator: " "))"))
        #expect(long.standardOutput.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(try await SentinelBinary.run(words + ["-h"]) == long)
        #expect(try await SentinelBinary.run(["help"] + words) == long)
    }

    @Test func checkHasEveryFlag() async throws {
        let help = try await SentinelBinary.run(["check", "--help"]).standardOutput
        let flags = """
            method header body expect timeout connect-timeout follow-redirects no-follow-redirects max-redirects insecure \
            ca-file client-cert client-key resolve resolver ip-version http-version keyword not-keyword max-body user-agent \
            basic bearer proxy json
            """
        for flag in flags.split(separator: " ") { #expect(help.contains("--\(flag) ") || help.contains("--\(flag)\n")) }
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func completionNamesTheCommands(_ shell: String) async throws {
        let script = try await SentinelBinary.run(["completion", shell]).standardOutput
        for word in ["monitors", "history", "--server", "channels", "remove"] {
            #expect(script.contains(shell == "fish" ? word.replacing("--", with: "-l ") : word), "\(word)")
        }
    }

    @Test(arguments: [
        ("sentinel mon", "monitors"), ("sentinel monitors hi", "history"), ("sentinel silences rem", "remove"),
        ("sentinel --server http://a monitors pau", "pause"), ("sentinel monitors list --ta", "--tag"),
        ("sentinel monitors rm --ser", "--server"),
    ])
    func bashCompletesCommandsAndOptions(_ line: String, _ completion: String) async throws {
        let script = try await SentinelBinary.run(["completion", "bash"]).standardOutput
        let words = line.split(separator: " ").map { "'\($0)'" }.joined(separator: " ")
        let program = """
            \(script)
            COMP_WORDS=(\(words)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sentinel; echo "${COMPREPLY[*]}"
            """
        let folder = try CLIFolder()
        folder.write(program, to: "secret")
        let shell = try RunningProcess(path: "/bin/bash", arguments: ["\(folder.path)/secret"])
        let code = await shell.wait(timeout: .seconds(60)).code
        #expect(code == 0 && shell.standardOutput == completion + "\n", "\(shell.standardOutput)")
    }

    @Test func versionIsPrinted() async throws {
        #expect(try await SentinelBinary.run(["version"]).standardOutput == "sentinel \(version)\n")
        #expect(try await SentinelBinary.run(["--version"]).standardOutput == "sentinel \(version)\n")
        let json = try JSONValue(parsing: try await SentinelBinary.run(["version", "--json"]).standardOutput)
        #expect(json["version"]?.stringValue == version)
    }
}
