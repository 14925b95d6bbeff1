import Base
package import Domain
import SQL
package import Storage
package import Results

/// What a rule would have alerted over the past, on Sentinel's own results or on what Prometheus keeps.
package struct RulePreview: Sendable {
    /// Asks Prometheus for the time series of a query.
    package typealias Range =
        @Sendable (_ query: String, _ grid: PreviewGrid) async throws(QueryError) -> [TimeSeries]

    package struct Answer: Sendable, Equatable {
        /// At which instants the rule was evaluated.
        package let grid: PreviewGrid
        /// How many series there were.
        package let seriesCount: Int
        package let forecast: RuleForecast
        /// In words what was left out; nil when nothing was.
        package let excess: String?
    }

    /// Evaluations of all series together over own results; some 40 MB.
    package static let maximumSamples = 5_000_000
    /// As many instants as Prometheus answers for.
    package static let maximumPoints = 11_000
    package static let alertsPerSeries = 100
    /// Alerts listed in all.
    package static let alertsInAll = 1000

    let own: OwnMetricReader
    private let results: any ResultStore
    let interval: Duration
    let prometheus: Range?

    /// `interval` is that of rules which say nothing; without `prometheus` there is none.
    package init(monitors: MonitorRepository, results: any ResultStore, interval: Duration, prometheus: Range?) {
        own = OwnMetricReader(monitors: monitors, results: results)
        (self.results, self.interval, self.prometheus) = (results, interval, prometheus)
    }

    /// Evaluates a rule at its interval, or at the least multiple of it that keeps within the limits.
    ///
    /// Runs apart from the caller.
    ///
    /// Throws `.noPrometheus` where none is configured, `.query` when it gives no values, `.tooMuch` for more results
    /// than are looked at, `.store` when the database cannot be read, and `.cancelled` when the task was.
    @concurrent package func replay(
        _ rule: AlertRule,
        over window: PreviewWindow
    ) async throws(PreviewError) -> Answer {
        switch rule.source {
        case .sentinel: try await replayOwn(rule, over: window)
        case .prometheus: try await replayPrometheus(rule, over: window)
        }
    }

    private func replayPrometheus(
        _ rule: AlertRule,
        over window: PreviewWindow
    ) async throws(PreviewError) -> Answer {
        guard let prometheus else { throw .noPrometheus }
        let grid = PreviewGrid(window, interval: rule.interval ?? interval, limit: Self.maximumPoints)
        let allSeries: [TimeSeries]
        do throws(QueryError) { allSeries = try await prometheus(rule.query, grid) } catch {
            throw Task.isCancelled ? .cancelled : .query(error)
        }
        return try await answer(rule, allSeries, on: grid, end: window.to, excess: nil)
    }

    private func replayOwn(_ rule: AlertRule, over window: PreviewWindow) async throws(PreviewError) -> Answer {
        let metric: OwnMetric
        do throws(OwnMetricError) { metric = try OwnMetric(parsing: rule.query) } catch {
            throw .query(.badQuery(error.reason, QueryPosition(line: 1, column: error.column)))
        }
        var selected: [Monitor]
        do throws(StorageError) { selected = try await own.select(metric.selector) } catch { throw .store(error) }
        var excess: String?
        if selected.count > OwnMetricReader.maximumMonitors {
            excess = "more than \(OwnMetricReader.maximumMonitors) monitors; no more are looked at"
            selected = Array(selected.prefix(OwnMetricReader.maximumMonitors))
        }
        let expected = selected.reduce(0.0) { $0 + (window.length + metric.window) / $1.interval }
        guard expected <= Double(MonitorPreview.maximumResults) else {
            throw .tooMuch(results: Int(min(expected, 1e15)))
        }
        let limit = Self.maximumSamples / max(1, selected.count)
        let grid = PreviewGrid(window, interval: rule.interval ?? interval, limit: limit)
        let allSeries = try await timeSeries(of: metric, selected, on: grid)
        return try await answer(rule, allSeries, on: grid, end: window.to, excess: excess)
    }

    // MARK: Time series over results

    func timeSeries(
        of metric: OwnMetric,
        _ monitors: [Monitor],
        on grid: PreviewGrid
    ) async throws(PreviewError) -> [TimeSeries] {
        let queue = PreviewQueue(monitors)
        let results = results
        let found = await withTaskGroup(of: Result<[TimeSeries], SQLError>.self) { group in
            for _ in 0..<results.longReads {
                group.addTask {
                    do throws(SQLError) {
                        return .success(try await Self.timeSeries(of: metric, queue, on: grid, results))
                    } catch { return .failure(error) }
                }
            }
            var found: Result<[TimeSeries], SQLError> = .success([])
            for await part in group {
                switch (found, part) {
                case (.success(let allSeries), .success(let more)): found = .success(allSeries + more)
                case (.success, .failure(let error)):
                    found = .failure(error)
                    group.cancelAll()
                case (.failure, _): break
                }
            }
            return found
        }
        guard !Task.isCancelled else { throw .cancelled }
        do throws(SQLError) { return try found.get().sorted { $0.series < $1.series } } catch {
            throw .store(.database(error))
        }
    }

    private static func timeSeries(
        of metric: OwnMetric,
        _ queue: PreviewQueue<Monitor>,
        on grid: PreviewGrid,
        _ results: any ResultStore
    ) async throws(SQLError) -> [TimeSeries] {
        var allSeries: [TimeSeries] = []
        while !Task.isCancelled, let (_, monitor) = queue.next() {
            guard let key = OwnMetricReader.series(of: monitor) else { continue }
            let hasCertificates = metric.function == .certificateDays
            let timeSeries = OwnMetricSeries(
                metric,
                of: key,
                on: grid,
                certificates: hasCertificates ? try await results.certificateEnds(monitor.id) : [:],
                limit: OwnMetricReader.maximumResults
            )
            var seen = try await results.replay(
                monitor.id,
                from: OwnMetricSeries.start(metric, on: grid),
                // The last instant looks at what was due then, too.
                to: grid.end + .milliseconds(1),
                observations: hasCertificates,
                into: timeSeries
            ) { $0.see($1) }
            allSeries.append(seen.finish())
        }
        return allSeries
    }

    // MARK: The rule

    private func answer(
        _ rule: AlertRule,
        _ allSeries: [TimeSeries],
        on grid: PreviewGrid,
        end: Timestamp,
        excess: String?
    ) async throws(PreviewError) -> Answer {
        var replay = RuleReplay(rule.threshold(every: grid.step), limit: Self.alertsPerSeries)
        for index in 0..<grid.count {
            if index & 63 == 63 {
                // Others want this thread too.
                await Task.yield()
                if Task.isCancelled { throw .cancelled }
            }
            replay.see(allSeries, index, at: grid[index])
        }
        var forecast = replay.finish(at: end)
        forecast.keep(Self.alertsInAll)
        return Answer(grid: grid, seriesCount: allSeries.count, forecast: forecast, excess: excess)
    }
}
