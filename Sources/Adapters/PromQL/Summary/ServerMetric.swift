/// A metric of a server that runs a node exporter.
package enum ServerMetric: String, Sendable, CaseIterable {
    /// Percentage of time in which the processors were busy, over the last two scrapes; 0 to 100.
    case cpuUsage = "cpu_usage_percent"
    /// Percentage of memory that is not available; 0 to 100.
    case memoryUsage = "memory_usage_percent"
    /// Percentage of the root file system that is not available to users; 0 to 100.
    case diskUsage = "disk_usage_percent"
    /// Bytes a second over the last 5 minutes, summed over all network devices except the loopback device.
    case networkReceived = "network_rx_bytes_per_sec"
    /// The same for sent bytes.
    case networkSent = "network_tx_bytes_per_sec"

    /// The query for the server with that job and instance, which returns at most one series.
    ///
    /// When the exporter has several series: network devices are summed without `lo` but with virtual ones (a bridge
    /// counts in addition to its members: write a rule of your own where that matters); of several file systems at `/`
    /// (a root and what is mounted over it) the fullest counts.
    package func query(job: String, instance: String) -> String {
        func select(_ metric: String, _ more: String = "") -> String {
            let text = PromQL.selector(metric, [("job", job), ("instance", instance)])
            return more.isEmpty ? text : "\(text.dropLast()),\(more)}"
        }
        switch self {
        case .cpuUsage:
            let idle = select("node_cpu_seconds_total", #"mode="idle""#)
            return "100 - (avg by(instance) (irate(\(idle)[5m])) * 100)"
        case .memoryUsage:
            let available = select("node_memory_MemAvailable_bytes")
            return "(1 - (\(available) / \(select("node_memory_MemTotal_bytes")))) * 100"
        case .diskUsage:
            let root = #"mountpoint="/",fstype!="rootfs""#
            let available = select("node_filesystem_avail_bytes", root)
            let size = select("node_filesystem_size_bytes", root)
            return "max by(instance) (100 - ((\(available) * 100) / \(size)))"
        case .networkReceived: return traffic(select("node_network_receive_bytes_total", #"device!="lo""#))
        case .networkSent: return traffic(select("node_network_transmit_bytes_total", #"device!="lo""#))
        }
    }

    private func traffic(_ series: String) -> String { "sum by(instance) (rate(\(series)[5m]))" }
}
