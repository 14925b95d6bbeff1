/// What the program was asked for.
struct Options {
    enum Mode {
        case help
        /// One world, in this process.
        case world(UInt64)
        /// Many worlds, each in a process of its own.
        case all
    }

    static let help = """
        Usage: sentinel-simulate [--seed N] [--hours N] [--seconds N] [--jobs N] [--plant BUG]
               sentinel-simulate --world SEED [--world-hours N] [--plant BUG] [--verbose]

        Runs the roles of Sentinel through simulated hours in which processes die, are suspended and cut off, and
        brokers and stores fail. Each world has its own seed: SEED, SEED + 1 and so on.

          --seed N         the first seed (1)
          --hours N        simulated hours in all (1000)
          --seconds N      start no further world after so many seconds
          --jobs N         worlds at once (1)
          --world-hours N  simulated hours of one world (24)
          --plant BUG      put a bug in, and expect every seed to show it or not
          --verbose        list the faults of each kind

        """ + "\nBugs:\n" + Plant.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n")

    var mode = Mode.all
    var seed: UInt64 = 1
    var hours = 1000
    var seconds: Int?
    var jobs = 1
    var worldHours = 24
    var plant: Plant?
    var isVerbose = false

    /// Throws `OptionError` that names the flag.
    init(_ arguments: [String]) throws(OptionError) {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            switch flag {
            case "--help", "-h": mode = .help
            case "--verbose": isVerbose = true
            case "--world": mode = .world(try Self.number(flag, &rest))
            case "--seed": seed = try Self.number(flag, &rest)
            case "--hours": hours = Int(try Self.number(flag, &rest))
            case "--seconds": seconds = Int(try Self.number(flag, &rest))
            case "--jobs": jobs = max(1, Int(try Self.number(flag, &rest)))
            case "--world-hours": worldHours = max(1, Int(try Self.number(flag, &rest)))
            case "--plant":
                let word = rest.popFirst() ?? ""
                guard let found = Plant(rawValue: word) else { throw OptionError("there is no bug '\(word)' to plant") }
                plant = found
            default: throw OptionError("'\(flag)' is not known; see --help")
            }
        }
    }

    private static func number(_ flag: String, _ rest: inout ArraySlice<String>) throws(OptionError) -> UInt64 {
        guard let text = rest.popFirst(), let number = UInt64(text), number <= 1 << 53 else {
            throw OptionError("\(flag) needs a whole number")
        }
        return number
    }
}

/// Why the program does not run.
struct OptionError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
