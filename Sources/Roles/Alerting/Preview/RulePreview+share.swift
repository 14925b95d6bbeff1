package import Base
package import Domain
import Storage

extension RulePreview {
    /// How many of a rule's values were beyond its threshold.
    package struct Share: Sendable, Equatable {
        package let met: Int
        package let count: Int
        /// The middle one of those; nil when there are none.
        package let median: Double?
    }

    /// How far back a rule's values are looked at when it is saved.
    static let shareWindow: Duration = .seconds(86_400)
    /// The most series, and results of monitors, that are looked at then: a tenth of a second's work.
    private static let shareSeries = 100
    private static let shareResults = 500_000.0

    /// Holds the values of the last day against a rule.
    ///
    /// Runs apart from the caller. Throws `.noPrometheus` where none is configured, `.query` when it gives no values,
    /// `.store` when the database cannot be read, and `.cancelled` when the task was.
    @concurrent package func share(_ rule: AlertRule, at now: Timestamp) async throws(PreviewError) -> Share {
        guard let window = try? PreviewWindow(from: now - Self.shareWindow, to: now, now: now) else {
            return Share(met: 0, count: 0, median: nil)
        }
        let grid = PreviewGrid(window, interval: max(rule.interval ?? interval, .seconds(300)), limit: 300)
        let values = try await series(rule, on: grid).flatMap { series in
            (0..<grid.count).compactMap { series[$0] }.filter(\.isFinite)
        }
        let met = values.filter { rule.threshold.isMet(by: $0) }.sorted()
        return Share(met: met.count, count: values.count, median: met.isEmpty ? nil : met[met.count / 2])
    }

    private func series(_ rule: AlertRule, on grid: PreviewGrid) async throws(PreviewError) -> [TimeSeries] {
        switch rule.source {
        case .prometheus:
            guard let prometheus else { throw .noPrometheus }
            do throws(QueryError) {
                return Array(try await prometheus(rule.query, grid).prefix(Self.shareSeries))
            } catch { throw Task.isCancelled ? .cancelled : .query(error) }
        case .sentinel:
            let metric: OwnMetric
            do throws(OwnMetricError) { metric = try OwnMetric(parsing: rule.query) } catch {
                throw .query(.badQuery(error.reason, QueryPosition(line: 1, column: error.column)))
            }
            var selected: [Monitor] = []
            var results = 0.0
            do throws(StorageError) {
                for monitor in try await own.select(metric.selector).prefix(Self.shareSeries) {
                    results += (Self.shareWindow + metric.window) / monitor.interval
                    if results > Self.shareResults, !selected.isEmpty { break }
                    selected.append(monitor)
                }
            } catch { throw .store(error) }
            return try await timeSeries(of: metric, selected, on: grid)
        }
    }
}
