import Base
import Foundation

extension Subject {
    /// CPU a stored check of all roles together over PostgreSQL and Redis, with one, two and four workers, beside the
    /// embedded server's; over Kafka too when `--kafka` names one.
    func measureCluster(_ options: Options, _ report: inout Report) throws {
        let rate = options.rates.last ?? 2000
        let folder = try WorkFolder()
        let target = try LoopbackTarget(options, in: folder)
        let embedded = try embeddedCost(options, target, rate: rate)
        report.add("embedded, \(rate)/s: CPU a stored check", embedded, "µs")
        var byWorkers: [Double] = []
        for workers in [1, 2, 4] {
            let cost = try clusterCost(options, target, rate: rate, workers: workers, kafka: "", &report)
            let bound: Report.Bound? = workers == 1 ? .atMost(must: 3, aim: 2) : nil
            report.add("Redis + PostgreSQL, \(workers) workers ÷ embedded", cost / embedded, "×", bound)
            byWorkers.append(cost)
        }
        report.add(
            "1, 2 and 4 workers: dearest ÷ cheapest",
            (byWorkers.max() ?? 0) / (byWorkers.min() ?? 1),
            "×",
            .atMost(must: 1.35, aim: 1.15)
        )
        guard !options.kafka.isEmpty else { return }
        let cost = try clusterCost(options, target, rate: rate, workers: 1, kafka: options.kafka, &report)
        report.add("Kafka + PostgreSQL ÷ embedded", cost / embedded, "×", .atMost(must: 3, aim: 2))
    }

    private func embeddedCost(_ options: Options, _ target: LoopbackTarget, rate: Int) throws -> Double {
        let folder = try WorkFolder()
        let server = try SentinelServer(options, in: folder)
        try server.api.create(rate * 10, interval: 10, at: target)
        Thread.sleep(forTimeInterval: 12)  // each monitor was checked once
        let costs = try costWindows(options) {
            let sample = try server.sample()
            return (sample.process.cpuSeconds, sample.checks)
        }
        try server.stop()
        return costs.median
    }

    private func clusterCost(
        _ options: Options,
        _ target: LoopbackTarget,
        rate: Int,
        workers: Int,
        kafka: String,
        _ report: inout Report
    ) throws -> Double {
        let folder = try WorkFolder()
        let engines = try ClusterEngines(in: folder)
        let roles = try ClusterRoles(options, in: folder, engines, kafka: kafka, counts: [.worker: workers])
        try roles.api().create(rate * 10, interval: 10, at: target)
        Thread.sleep(forTimeInterval: 15)  // each monitor was checked once

        /// Seconds by role and engine, and the stored checks.
        func sample() throws -> (seconds: [String: Double], checks: Double) {
            var seconds: [String: Double] = [:]
            for role in ClusterRoles.Role.allCases { seconds[role.rawValue] = try roles.cpuSeconds(role) }
            for engine in ClusterEngines.Engine.allCases {
                seconds[engine.rawValue] = try engines.cpuSeconds(engine)
            }
            return (seconds, try roles.storedChecks())
        }
        var last = try sample()
        var windows: [String: [Double]] = [:]
        var totals: [Double] = []
        for _ in 0..<options.repeats {
            let before = last
            Thread.sleep(forTimeInterval: TimeInterval(options.seconds))  // the measured time
            last = try sample()
            let checks = last.checks - before.checks
            guard checks > 0 else { throw BenchError("no check was stored within a window") }
            for (name, value) in last.seconds {
                windows[name, default: []].append((value - (before.seconds[name] ?? 0)) * 1e6 / checks)
            }
            totals.append(
                ClusterRoles.Role.allCases.reduce(0) {
                    $0 + (last.seconds[$1.rawValue] ?? 0) - (before.seconds[$1.rawValue] ?? 0)
                } * 1e6 / checks
            )
            report.add(
                "\(workers) workers: stored checks a second",
                checks / Double(options.seconds),
                "/s"
            )
        }
        let title = "\(kafka.isEmpty ? "Redis" : "Kafka") + PostgreSQL, \(workers) workers"
        for (name, values) in windows.sorted(by: { $0.key < $1.key }) {
            report.add("\(title): \(name)", values.median, "µs")
        }
        report.add("\(title), \(rate)/s: CPU a stored check", totals.median, "µs")
        try roles.stop()
        try engines.stop()
        return totals.median
    }
}
