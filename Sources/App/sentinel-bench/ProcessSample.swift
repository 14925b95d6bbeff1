import Base
import Foundation

/// The resources that a process has used so far, from `/proc`.
struct ProcessSample {
    let time: MonotonicTime
    /// User and system time of all threads in seconds; the kernel counts hundredths.
    let cpuSeconds: Double
    /// Resident memory in bytes.
    let residentBytes: Int
    let fileDescriptors: Int

    /// Samples a running process.
    ///
    /// Throws when there is no such process.
    init(of pid: pid_t) throws(BenchError) {
        time = .now
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
        else { throw BenchError("process \(pid) has ended") }
        // After the name in parentheses comes field 3, the state; 14 and 15 are utime and stime.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
            throw BenchError("/proc/\(pid)/stat is not as expected")
        }
        cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        residentBytes =
            (resident?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        fileDescriptors = descriptors.count
    }
}
