import Base
import CSimulation
import Glibc

/// Runs many worlds, each in a process of its own, and adds them up.
struct Runner {
    private let options: Options
    private let start = MonotonicTime.now

    init(_ options: Options) { self.options = options }

    /// Prints each world that went wrong, with the command that repeats it, and the sums; false when one did.
    ///
    /// Throws `OptionError` when no process can be started.
    func run() throws(OptionError) -> Bool {
        let worlds = UInt64((options.hours + options.worldHours - 1) / options.worldHours)
        var sums: [String: Int] = [:]
        var wrong: [UInt64] = []
        var done = 0
        var next: UInt64 = 0
        var running: [(seed: UInt64, child: Child)] = []
        while !running.isEmpty || next < worlds {
            let isLate = options.seconds.map { MonotonicTime.now - start > .seconds($0) } ?? false
            while running.count < options.jobs, next < worlds, !isLate {
                let seed = options.seed + next
                running.append((seed, try Child(arguments(of: seed))))
                next += 1
            }
            guard !running.isEmpty else { break }
            let (seed, child) = running.removeFirst()
            let (output, code) = child.wait()
            done += 1
            if code != 0 {
                wrong.append(seed)
                print(output.isEmpty ? "seed \(seed): the process ended with code \(code)" : output, terminator: "")
                print("  again: sentinel-simulate " + arguments(of: seed).joined(separator: " "))
            }
            add(output, to: &sums)
        }
        report(worlds: done, sums, wrong)
        return wrong.isEmpty
    }

    private func arguments(of seed: UInt64) -> [String] {
        var arguments = ["--world", "\(seed)", "--world-hours", "\(options.worldHours)"]
        if let plant = options.plant { arguments += ["--plant", plant.rawValue] }
        return arguments
    }

    /// Adds up the numbers of a line: names and values in turn.
    private func add(_ output: String, to sums: inout [String: Int]) {
        guard let line = output.split(separator: "\n").first else { return }
        let words = line.split(separator: " ")
        for (name, value) in zip(words, words.dropFirst()) {
            if let number = Int(value), name != "seed", name != "trace" { sums[String(name), default: 0] += number }
        }
    }

    private func report(worlds: Int, _ sums: [String: Int], _ wrong: [UInt64]) {
        let seconds = (MonotonicTime.now - start).inSeconds
        let hours = sums["hours"] ?? 0
        let names = ["hours", "steps", "results", "notifications", "faults"]
        let words = names.map { "\(sums[$0] ?? 0) \($0)" }.joined(separator: ", ")
        print(
            "\(worlds) worlds from seed \(options.seed): \(words); \(Int(Double(hours) * 60 / max(seconds, 0.001))) hours a minute"
        )
        if !wrong.isEmpty { print("wrong: " + wrong.map { "\($0)" }.joined(separator: " ")) }
    }
}
