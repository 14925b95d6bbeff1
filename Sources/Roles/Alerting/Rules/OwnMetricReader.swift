package import Base
package import Domain
import SQL
package import Storage
package import Results

/// Evaluates metrics over Sentinel's own results.
package struct OwnMetricReader: Sendable {
    /// The samples of a metric, and a text about what was left out.
    package struct Answer: Sendable, Equatable {
        package var result: QueryResult
        package var excess: String?

        package init(_ result: QueryResult, excess: String? = nil) { (self.result, self.excess) = (result, excess) }
    }

    package static let maximumMonitors = 1000
    package static let maximumResults = 10_000

    private let monitors: MonitorRepository
    private let results: any ResultStore

    package init(monitors: MonitorRepository, results: any ResultStore) {
        (self.monitors, self.results) = (monitors, results)
    }

    /// A sample for each active monitor that the metric selects and that has data.
    ///
    /// Runs off the caller's actor: evaluating many results takes long.
    @concurrent package func evaluate(_ text: String, at now: Timestamp) async -> Answer {
        let metric: OwnMetric
        do throws(OwnMetricError) {
            metric = try OwnMetric(parsing: text)
        } catch {
            let position = QueryPosition(line: 1, column: error.column)
            return Answer(.failed(.badQuery(error.reason, position)))
        }
        do throws(StorageError) {
            var answer = Answer(.vector([]))
            let selected = try await select(metric.selector)
            if selected.count > Self.maximumMonitors {
                answer.excess = "more than \(Self.maximumMonitors) monitors; no more are looked at"
            }
            var samples: [Sample] = []
            for monitor in selected.prefix(Self.maximumMonitors) {
                let points = try await points(of: monitor.id, from: now - metric.window)
                if points.count > Self.maximumResults {
                    answer.excess =
                        "more than \(Self.maximumResults) results of monitor \(monitor.id); the newest are looked at"
                }
                guard let value = metric.value(of: Array(points.prefix(Self.maximumResults)), at: now),
                    let key = Self.series(of: monitor)
                else { continue }
                samples.append(Sample(key, value))
            }
            answer.result = .vector(samples)
            return answer
        } catch {
            return Answer(.failed(.unreachable("the store: \(error)")))
        }
    }

    /// The labels of a monitor's sample; nil for a name that is too long for one.
    static func series(of monitor: Monitor) -> SeriesKey? {
        SeriesKey([.init("monitor", "\(monitor.id)"), .init("name", monitor.name)])
    }

    /// The active monitors that are selected, at most one more than the limit.
    func select(_ selector: OwnMetric.Selector) async throws(StorageError) -> [Monitor] {
        if let id = selector.monitor {
            let monitor = try await monitors.monitor(id)
            return [monitor].compactMap(\.self).filter { $0.isActive && selector.selects($0) }
        }
        var found: [Monitor] = []
        var after: MonitorID?
        let filter = MonitorFilter(query: selector.name?.lowercased(), tag: selector.tags.first, isActive: true)
        repeat {
            let page = try await monitors.list(filter, after: after, limit: 500)
            found += page.items.lazy.map(\.monitor).filter(selector.selects)
            after = page.next
        } while after != nil && found.count <= Self.maximumMonitors
        return found
    }

    private func points(of monitor: MonitorID, from start: Timestamp) async throws(StorageError) -> [ResultPoint] {
        let history: [CheckResult]
        do throws(SQLError) {
            history = try await results.history(monitor, in: .init(from: start), limit: Self.maximumResults + 1)
        } catch { throw .database(error) }
        return history.map { result in
            ResultPoint(
                at: result.scheduledAt,
                isSuccess: result.outcome.isSuccess,
                latency: result.outcome.latency,
                certificateNotAfter: result.outcome.certificate?.notAfter
            )
        }
    }
}
