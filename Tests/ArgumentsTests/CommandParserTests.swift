import Arguments
import Base
import Testing

/// A small program for the parser.
private enum Sample {
    static let size = Option<Int>("size", short: "s", .integer(1...9), help: "How big.")
    static let label = RepeatedOption<String>(
        "label",
        short: "l",
        .text("TEXT", length: 1...5),
        maximum: 3,
        help: "Name."
    )
    static let force = Flag("force", short: "f", help: "Do it.")
    static let quiet = Flag("quiet", short: "q", help: "Say nothing.")
    static let token = Option<String>("token", .text("TOKEN", length: 1...4), isSecret: true, help: "Secret.")
    static let old = Flag("old", isHidden: true, help: "Kept for those who know it.")
    static let place = Positional<String>("PLACE", .text("PLACE", length: 1...20), help: "Where.")
    static let things = Positional<Int>("THING", .integer(0...99), count: 0...2, help: "What.")

    static let root = Command<String>(
        "tool",
        summary: "Does things.",
        subcommands: [
            Command(
                "move",
                summary: "Moves things to a place.",
                discussion:
                    "Things that are heavy take longer than things that are light, which is worth a line break.",
                options: [size.spec, label.spec, force.spec, quiet.spec, token.spec],
                positionals: [place.spec, things.spec],
                action: "move"
            ),
            Command(
                "stock",
                summary: "Keeps stock.",
                subcommands: [
                    Command(
                        "list",
                        synonyms: ["ls"],
                        summary: "Lists.",
                        options: [size.spec, old.spec],
                        action: "list"
                    ),
                    Command("add", summary: "Adds.", options: [force.spec], action: "add"),
                ]
            ),
        ]
    )

    static func parse(_ words: String...) throws(CommandUsageError) -> CommandParser<String>.Outcome {
        try CommandParser(root).parse(words)
    }

    /// The call described by the words; fails for help.
    static func run(_ words: [String]) throws -> (action: String, invocation: Invocation) {
        guard case .run(let action, let invocation) = try CommandParser(root).parse(words) else { throw NoCall() }
        return (action, invocation)
    }
    struct NoCall: Error {}
}

@Suite struct CommandParserTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let words: [String]
        var size: Int?
        var labels: [String] = []
        var isForced = false
        var isQuiet = false
        var place = "home"
        var things: [Int] = []
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        Case(words: ["home"]),
        Case(words: ["--size", "3", "home"], size: 3),
        Case(words: ["--size=3", "home"], size: 3),
        Case(words: ["-s", "3", "home"], size: 3),
        Case(words: ["-s3", "home"], size: 3),
        Case(words: ["home", "--size", "3"], size: 3),
        Case(words: ["-fq", "home"], isForced: true, isQuiet: true),
        Case(words: ["-fs3", "home"], size: 3, isForced: true),
        Case(words: ["-l", "b", "--label=a", "home", "-lc"], labels: ["b", "a", "c"]),
        Case(words: ["--label==x=", "home"], labels: ["=x="]),
        Case(words: ["--label=--x", "home"], labels: ["--x"]),
        Case(words: ["-l", "-x", "home"], labels: ["-x"]),
        Case(words: ["-f", "--", "--size"], isForced: true, place: "--size"),
        Case(words: ["--", "--", "1"], place: "--", things: [1]),
        Case(words: ["-", "7", "8"], place: "-", things: [7, 8]),
    ])
    func wordsAreParsedIntoValues(_ sample: Case) throws {
        let (action, invocation) = try Sample.run(["move"] + sample.words)
        #expect(action == "move")
        #expect(invocation.path == ["tool", "move"])
        #expect(invocation[Sample.size] == sample.size)
        #expect(invocation[Sample.label] == sample.labels)
        #expect(invocation[Sample.force] == sample.isForced)
        #expect(invocation[Sample.quiet] == sample.isQuiet)
        #expect(invocation[Sample.place] == [sample.place])
        #expect(invocation[Sample.things] == sample.things)
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        let words: [String]
        let message: String
        var path = ["tool", "move"]
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        ["stock", "ls"], ["stock", "list", "--size", "3", "--old"], ["--size", "3", "--old", "stock", "list"],
        ["--size=3", "stock", "list"], ["stock", "--size", "3", "list"],
    ])
    func optionsMayPrecedeTheCommand(_ words: [String]) throws {
        let (action, invocation) = try Sample.run(words)
        #expect(action == "list" && invocation.path == ["tool", "stock", "list"])
        #expect(invocation[Sample.size] == (words.contains("ls") ? nil : 3))
    }

    @Test func groupMayStandForOneOfItsCommands() throws {
        let one = Command("watch", summary: "Watches.", options: [Sample.size.spec], action: "watch")
        let other = Command("stop", summary: "Stops.", action: "stop")
        let group = Command("fleet", summary: "Ships.", subcommands: [one, other], standard: "watch")
        let root = Command("tool", summary: "Does things.", subcommands: [group])
        for words in [["fleet"], ["fleet", "--size", "3"], ["fleet", "watch", "--size=3"]] {
            guard case .run("watch", let invocation) = try CommandParser(root).parse(words) else {
                return _ = Issue.record("\(words)")
            }
            #expect(invocation.path == ["tool", "fleet", "watch"])
            #expect(invocation[Sample.size] == (words.count == 1 ? nil : 3))
        }
        guard case .run("stop", _) = try CommandParser(root).parse(["fleet", "stop"]) else {
            return _ = Issue.record("stop")
        }
        guard case .help = try CommandParser(root).parse(["fleet", "--help"]) else { return _ = Issue.record("help") }
        #expect(throws: CommandUsageError.self) { try CommandParser(root).parse(["fleet", "wach"]) }
    }

    @Test func optionsOfOtherCommandsAreRefused() {
        #expect(throws: CommandUsageError.self) { try Sample.parse("--size", "3", "stock", "add") }
        #expect(throws: CommandUsageError.self) { try Sample.parse("--force", "stock", "list") }
    }

    @Test func synonymsAndHiddenOptionsAreNotInTheHelp() throws {
        guard case .help(let text) = try Sample.parse("stock", "list", "--help") else { return #expect(Bool(false)) }
        #expect(!text.contains("old") && text.contains("--size"))
        guard case .help(let group) = try Sample.parse("stock", "--help") else { return #expect(Bool(false)) }
        #expect(!group.contains("ls "))
    }

    @Test(arguments: [
        Fault(words: ["move", "--szie", "3", "x"], message: "unknown option --szie; did you mean --size?"),
        Fault(words: ["move", "--nothing-near", "x"], message: "unknown option --nothing-near"),
        Fault(words: ["move", "-z", "x"], message: "unknown option -z"),
        Fault(words: ["move", "--hlep"], message: "unknown option --hlep; did you mean --help?"),
        Fault(words: ["move", "--size"], message: "option --size needs a value: --size N"),
        Fault(words: ["move", "--size", "--force", "x"], message: "option --size needs a value: --size N"),
        Fault(words: ["move", "-s"], message: "option -s needs a value: -s N"),
        Fault(words: ["move", "--size", "0", "x"], message: "--size: '0' is not a whole number from 1 to 9"),
        Fault(words: ["move", "--size", "+3", "x"], message: "--size: '+3' is not a whole number from 1 to 9"),
        Fault(words: ["move", "--size=", "x"], message: "--size: '' is not a whole number from 1 to 9"),
        Fault(words: ["move", "-s1", "-s2", "x"], message: "option -s is given more than once"),
        Fault(words: ["move", "-la", "-lb", "-lc", "-ld", "x"], message: "option -l is given more than 3 times"),
        Fault(words: ["move", "--force=yes", "x"], message: "option --force takes no value"),
        Fault(words: ["move"], message: "the argument PLACE is missing"),
        Fault(words: ["move", "x", "1", "2", "3"], message: "unexpected argument '3'"),
        Fault(words: ["move", "x", "abc"], message: "THING: 'abc' is not a whole number from 0 to 99"),
        Fault(
            words: ["move", "--token", "hunter2", "x"],
            message: "--token: the value is not a text of 1 to 4 bytes without control characters"
        ),
        Fault(
            words: ["move", "\u{1B}[31m\n"],
            message: "PLACE: '?[31m?' is not a text of 1 to 20 bytes without control characters"
        ),
        Fault(words: ["mvoe"], message: "unknown command 'mvoe'; did you mean 'move'?", path: ["tool"]),
        Fault(words: ["entirely"], message: "unknown command 'entirely'", path: ["tool"]),
        Fault(words: ["--verbose"], message: "unknown option --verbose", path: ["tool"]),
        Fault(words: ["stock"], message: "a command is missing: one of list, add", path: ["tool", "stock"]),
        Fault(
            words: ["stock", "lits"],
            message: "unknown command 'lits'; did you mean 'list'?",
            path: ["tool", "stock"]
        ),
        Fault(words: ["stock", "list", "x"], message: "unexpected argument 'x'", path: ["tool", "stock", "list"]),
        Fault(words: ["help", "stok"], message: "unknown command 'stok'; did you mean 'stock'?", path: ["tool"]),
    ])
    func errorsNameTheOption(_ fault: Fault) {
        let failure = #expect(throws: CommandUsageError.self) { try CommandParser(Sample.root).parse(fault.words) }
        #expect(failure?.error.description == fault.message)
        #expect(failure?.path == fault.path)
    }

    @Test func longWordsAreCutInMessages() {
        let error = UsageError.unexpectedArgument(String(repeating: "x", count: 5000))
        #expect(error.description.count < 120)
    }

    @Test(arguments: [
        ([], "Usage: tool COMMAND\n"),
        (["-h"], "Usage: tool COMMAND\n"),
        (["--help"], "Usage: tool COMMAND\n"),
        (["help"], "Usage: tool COMMAND\n"),
        (["move", "-h"], "Usage: tool move [OPTIONS] PLACE [THING...]\n"),
        (["move", "--size", "3", "--help"], "Usage: tool move [OPTIONS] PLACE [THING...]\n"),
        (["help", "move"], "Usage: tool move [OPTIONS] PLACE [THING...]\n"),
        (["stock", "--help"], "Usage: tool stock COMMAND\n"),
        (["help", "stock", "add"], "Usage: tool stock add [OPTIONS]\n"),
    ])
    func helpOptionsAreRecognized(_ words: [String], _ usage: String) throws {
        guard case .help(let text) = try CommandParser(Sample.root).parse(words) else {
            Issue.record("no help")
            return
        }
        #expect(text.contains(usage))
    }

    @Test func helpAfterTheTerminatorIsAnArgument() throws {
        #expect(try Sample.run(["move", "--", "--help"]).invocation[Sample.place] == ["--help"])
    }

    @Test func groupHelpListsItsCommands() throws {
        guard case .help(let text) = try Sample.parse("help") else { throw Sample.NoCall() }
        #expect(
            text == """
                Does things.

                Usage: tool COMMAND

                Commands:
                  move   Moves things to a place.
                  stock  Keeps stock.

                Options:
                  -h, --help  Show this help.

                See 'tool COMMAND --help' for more about a command.

                """
        )
    }

    @Test func commandHelpListsItsOptions() throws {
        guard case .help(let text) = try Sample.parse("move", "--help") else { throw Sample.NoCall() }
        #expect(
            text == """
                Moves things to a place.

                Usage: tool move [OPTIONS] PLACE [THING...]

                Things that are heavy take longer than things that are light, which is worth a
                line break.

                Arguments:
                  PLACE       Where.
                  [THING...]  What.

                Options:
                  -s, --size N       How big.
                  -l, --label TEXT   Name.
                  -f, --force        Do it.
                  -q, --quiet        Say nothing.
                      --token TOKEN  Secret.
                  -h, --help         Show this help.

                """
        )
    }

    @Test(arguments: 0..<20) func randomWordsNeverCrash(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "-", "--", "=", "s", "size", "label", "f", "h", "move", "stock", "3", "", "\0", "é", "--size=", "-ls",
        ]
        for _ in 0..<500 {
            let words = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                (0..<Int.random(in: 0...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                    .joined()
            }
            _ = try? CommandParser(Sample.root).parse(["move"] + words)
            _ = try? CommandParser(Sample.root).parse(words)
        }
    }
}
