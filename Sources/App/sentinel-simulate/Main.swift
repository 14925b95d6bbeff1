import Base
import CSimulation
import Glibc

/// `sentinel-simulate`: runs the real roles through simulated hours in which things go wrong.
@main
enum Main {
    static func main() {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            switch options.mode {
            case .help: print(Options.help)
            case .world(let seed): try runWorld(seed, options)
            case .all: exit(try Runner(options).run() ? 0 : 1)
            }
        } catch {
            let words = Array("sentinel-simulate: \(error)\n".utf8)
            _ = write(2, words, words.count)
            exit(2)
        }
    }

    /// Runs one world in this process and prints how it went.
    private static func runWorld(_ seed: UInt64, _ options: Options) throws {
        let code = CSimulation_restart(CommandLine.unsafeArgv)
        if code != 0 { throw OptionError("the program cannot be started again: \(String(cString: strerror(code)))") }
        let simulator = Simulator.shared
        simulator.isVerbose = options.isVerbose
        simulator.begin(seed: seed)
        let outcome = WorldOutcome()
        Task {
            do {
                let world = try await World(seed: seed, plant: options.plant)
                outcome.world = world
                outcome.wrong = try await world.run(hours: options.worldHours)
            } catch {
                outcome.wrong = ["the simulation failed: \(error)"]
            }
            outcome.isDone = true
        }
        if !simulator.run(until: { outcome.isDone }) { outcome.wrong = ["nothing is left to run: everybody waits"] }
        print(outcome.line(seed: seed, options.worldHours))
        for words in outcome.wrong { print("  " + words) }
        if options.isVerbose, let chance = outcome.world?.chance {
            for fault in Fault.allCases { print("  \(chance.counts[fault] ?? 0) \(fault.rawValue)") }
        }
        exit(outcome.wrong.isEmpty ? 0 : 1)
    }
}

/// How a world went.
///
/// Invariant: used by the simulation's only thread.
private final class WorldOutcome: @unchecked Sendable {
    var world: World?
    var wrong: [String] = []
    var isDone = false

    /// One line for people and for the process that started this one.
    func line(seed: UInt64, _ hours: Int) -> String {
        let simulator = Simulator.shared
        let trace = String(simulator.trace, radix: 16)
        return """
            seed \(seed) hours \(simulator.elapsed / 3_600_000_000_000) steps \(simulator.steps) \
            results \(world?.journal.count ?? 0) notifications \(world?.receiver.deliveries ?? 0) \
            faults \(world?.chance.total ?? 0) trace \(trace) \(wrong.isEmpty ? "ok" : "WRONG")
            """
    }
}
