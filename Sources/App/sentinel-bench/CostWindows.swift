import Foundation

/// Microseconds of CPU a stored check in each of the measured windows.
///
/// `sample` tells the CPU seconds used and the checks stored so far. Throws what it throws, and when nothing was stored
/// within a window.
func costWindows(_ options: Options, _ sample: () throws -> (seconds: Double, checks: Double)) throws -> [Double] {
    var last = try sample()
    return try (0..<options.repeats).map { _ in
        let before = last
        Thread.sleep(forTimeInterval: TimeInterval(options.seconds))  // the measured time
        last = try sample()
        guard last.checks > before.checks else { throw BenchError("no check was stored within a window") }
        return (last.seconds - before.seconds) * 1e6 / (last.checks - before.checks)
    }
}
