package import Results
package import Base
package import Domain
import SQL
package import Storage

/// Warnings about unusual settings, from past results; returned when the settings are saved.
package struct SaveWarnings: Sendable {
    private let results: any ResultStore
    private let rules: RulePreview

    /// With fewer values there is no warning.
    private static let leastCount = 20
    /// The share of values beyond a threshold that gives a warning.
    private static let share = 0.9
    /// How many of a monitor's latest checks are evaluated.
    private static let checks = 100

    /// `interval` is that of rules which say nothing; `prometheus` answers soon or not at all, without it there is none.
    package init(
        monitors: MonitorRepository,
        results: any ResultStore,
        interval: Duration,
        prometheus: RulePreview.Range?
    ) {
        self.results = results
        rules = RulePreview(monitors: monitors, results: results, interval: interval, prometheus: prometheus)
    }

    /// Warns when a monitor would nearly always be degraded.
    package func warnings(of monitor: Monitor) async -> [String] {
        guard let above = monitor.alerting.rule.degradedAbove else { return [] }
        let latencies: [Duration]
        do throws(SQLError) {
            latencies = try await results.history(monitor.id, limit: Self.checks).filter(\.outcome.isSuccess)
                .map(\.outcome.latency)
        } catch { return [Self.unseen("\(error)")] }
        let slow = latencies.filter { $0 > above }.sorted()
        guard Self.isOdd(slow.count, of: latencies.count) else { return [] }
        return [
            "degraded_above is less than nearly all checks take: \(Self.percent(slow.count, of: latencies.count)) of the "
                + "last \(latencies.count) successful ones were slower, such as "
                + "\(slow[slow.count / 2].messageText) > \(above.messageText)"
        ]
    }

    /// Warns when a rule would nearly always fire.
    ///
    /// A Prometheus that does not answer in time gives no warning: the rule's health shows it.
    package func warnings(of rule: AlertRule, at now: Timestamp) async -> [String] {
        let found: RulePreview.Share
        do throws(PreviewError) { found = try await rules.share(rule, at: now) } catch {
            switch error {
            case .store(let error): return [Self.unseen("\(error)")]
            case .query, .noPrometheus, .cancelled, .tooMuch: return []
            }
        }
        guard Self.isOdd(found.met, of: found.count), let median = found.median else { return [] }
        return [
            "threshold is beyond what is usual: \(Self.percent(found.met, of: found.count)) of the values of the last day "
                + "meet it, such as \(rule.held(median)); the alert would be on nearly all the time"
        ]
    }

    private static func isOdd(_ count: Int, of all: Int) -> Bool {
        all >= leastCount && Double(count) >= share * Double(all)
    }

    private static func percent(_ count: Int, of all: Int) -> String { "\(count * 100 / all) %" }

    private static func unseen(_ error: String) -> String {
        "the settings could not be held against the past: \(error)"
    }
}
