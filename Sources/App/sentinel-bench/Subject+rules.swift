import Base
import Foundation

extension Subject {
    /// CPU of evaluating many rules on Prometheus once a minute each.
    func measureRules(_ options: Options, _ report: inout Report) throws {
        let (servers, count) = (20, options.rules)
        let folder = try WorkFolder()
        let prometheus = try PrometheusServer(in: folder, servers: servers)
        let server = try SentinelServer(options, in: folder, environment: ["PROMETHEUS_URL": prometheus.url])
        let begin = MonotonicTime.now
        try server.api.post(
            (0..<servers).map { index in
                let instance = PrometheusServer.instance(index)
                return ("/api/v1/servers/", #"{"name":"\#(instance)","job_name":"bench","instance":"\#(instance)"}"#)
            }
        )
        try server.api.post((0..<count).map { ("/api/v1/alerts/rules/", Self.rule($0, of: servers)) })
        say("  \(count) rules of \(servers) servers were created in \((MonotonicTime.now - begin) / .seconds(1)) s")
        // Each rule is evaluated once when it is created, then in its slots.
        Thread.sleep(forTimeInterval: 10)

        // A whole minute has each rule's slot once.
        let window = max(60, options.seconds)
        let (first, load) = (try server.sample(), try prometheus.sample())
        Thread.sleep(forTimeInterval: TimeInterval(window))
        let (last, loadAfter) = (try server.sample(), try prometheus.sample())
        let seconds = (last.process.time - first.process.time) / .seconds(1)
        func perMinute(_ outcomes: String...) -> Double {
            let sums = [last, first].map { sample in
                outcomes.reduce(0) { $0 + sample.metrics.sum("sentinel_rule_evaluations_total", "outcome", $1) }
            }
            return (sums[0] - sums[1]) * 60 / seconds
        }
        func percent(_ before: ProcessSample, _ after: ProcessSample) -> Double {
            (after.cpuSeconds - before.cpuSeconds) / seconds * 100
        }
        let all = (last.evaluations - first.evaluations) * 60 / seconds
        let missed =
            last.metrics.sum("sentinel_rule_missed_slots_total") - first.metrics.sum("sentinel_rule_missed_slots_total")
        let bound = Report.Bound.atLeast(must: Double(count) * 0.999, aim: Double(count) * 0.999)
        report.add("\(count) rules: evaluations a minute", all, "", bound)
        report.add("\(count) rules: those without an error", perMinute("ok"), "", bound)
        report.add("\(count) rules: errors a minute", all - perMinute("ok"), "", .atMost(must: 0, aim: 0))
        report.add("\(count) rules: slots missed", missed, "", .atMost(must: 0, aim: 0))
        report.add(
            "\(count) rules: CPU of one core",
            percent(first.process, last.process),
            "%",
            .atMost(must: 30, aim: 15)
        )
        let cost = (last.process.cpuSeconds - first.process.cpuSeconds) * 1e6 / (last.evaluations - first.evaluations)
        report.add("\(count) rules: CPU an evaluation", cost, "µs")
        report.add("\(count) rules: Prometheus' CPU of one core", percent(load, loadAfter), "%")
        report.add("\(count) rules: resident memory", Double(last.process.residentBytes) / 1e6, "MB")
        report.add("\(count) rules: file descriptors", Double(last.process.fileDescriptors), "")
        try server.stop()
    }

    /// One of four common queries about a server, in its own text; none of them fires.
    private static func rule(_ index: Int, of servers: Int) -> String {
        let labels = #"{job=\"bench\",instance=\"\#(PrometheusServer.instance(index % servers))\"}"#
        let (query, comparison, threshold) =
            switch index % 4 {
            case 0: ("up\(labels)", "<", "1")
            case 1: ("process_resident_memory_bytes\(labels) / 1e\(index % 7)", ">", "1e15")
            case 2: ("rate(process_cpu_seconds_total\(labels)[2m]) * 100 + \(index)", ">", "1e9")
            default:
                ("sum by(instance) (rate(prometheus_http_requests_total\(labels)[2m])) + \(index)", ">", "1e9")
            }
        return #"{"name":"rule-\#(index)","server_id":\#(index % servers + 1),"metric_name":"bench","#
            + #""promql":"\#(query)","comparison":"\#(comparison)","threshold":\#(threshold)}"#
    }
}

extension SentinelServer.Sample {
    /// The number of rule evaluations.
    fileprivate var evaluations: Double { metrics.sum("sentinel_rule_evaluations_total") }
}
