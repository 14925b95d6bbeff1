import Alerting
import Base
import Domain
import Glibc

/// Metrics of the whole process, read when they are scraped.
enum SystemMetrics {
    /// The numbers of monitors by state.
    static func register(_ counts: MonitorCounts, in registry: MetricsRegistry) {
        registry.gauge("sentinel_monitors_up", "Monitors that are up, slow ones included.") {
            Double(counts[.up] + counts[.degraded])
        }
        for state in MonitorState.allCases {
            registry.gauge("sentinel_monitors", "Monitors by state.", labels: [("state", state.rawValue)]) {
                Double(counts[state])
            }
        }
    }

    static func register(_ registry: MetricsRegistry, startedAt: Timestamp) {
        registry.gauge("sentinel_build_info", "Constant 1, labelled by version.", labels: [("version", version)]) { 1 }
        registry.gauge("process_start_time_seconds", "When the process started, Unix time.") {
            Double(startedAt.milliseconds) / 1000
        }
        registry.counter("process_cpu_seconds_total", "User and system time.") { cpuSeconds() }
        registry.gauge("process_resident_memory_bytes", "Resident memory.") { residentBytes() }
        registry.gauge("process_open_fds", "Open descriptors.") { Double(openDescriptors()) }
    }

    private static func cpuSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    /// The second field of `/proc/self/statm`, in pages.
    private static func residentBytes() -> Double {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .split(separator: " ")
        return fields.count > 1 ? (Double(fields[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    private static func openDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
