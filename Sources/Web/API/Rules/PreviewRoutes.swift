import Alerting
import Base
import Domain
import HTTPServer

/// `/api/v1/alerts/rules/preview`.
struct PreviewRoutes: Sendable {
    private let reader: PreviewReader
    private let monitors: MonitorPreview
    private let rules: RulePreview
    private let request: Schema
    private let gate = PreviewGate()
    private let now: @Sendable () -> Timestamp
    /// Seconds after which a client that came too soon may come again.
    private static let patience = "2"

    init(_ dependencies: APIDependencies, _ services: RuleServices) {
        monitors = MonitorPreview(monitors: dependencies.monitors, results: dependencies.results)
        rules = RulePreview(
            monitors: dependencies.monitors,
            results: dependencies.results,
            interval: services.interval,
            prometheus: services.prometheus?.range
        )
        reader = PreviewReader(
            monitors: monitors,
            rules: RuleReader(services: services),
            regions: dependencies.regions
        )
        request = PreviewSchema.request
        now = dependencies.now
    }

    var routes: [Route] { [preview] }

    private var preview: Route {
        Route(
            .post,
            "/api/v1/alerts/rules/preview",
            operation: "previewAlerts",
            tag: "Alert rules",
            "What settings of monitors, or a rule, would have alerted in the past; nothing is changed, nobody is notified. "
                + "Looks at the results that exist: confirmations that were never made, maintenance, dependencies and "
                + "times in which a region was offline are not replayed",
            body: request,
            responses: [
                .json(200, PreviewSchema.answer, "What would have been."), .badComparison, .noServer,
                .problem(429, "Another preview is being made; Retry-After says when to try again."), .notAnswered,
            ]
        ) { call throws(APIProblem) in
            let window = try reader.window(call.body, now: now())
            let trial = try await reader.trial(call.body, now: now())
            let answer = try await gate.run { () async throws(APIProblem) in
                do throws(PreviewError) {
                    switch trial {
                    case .monitors(let subjects):
                        return try await monitors.replay(subjects, over: window).json(window)
                    case .rule(let rule): return try await rules.replay(rule, over: window).json(window)
                    }
                } catch { throw APIProblem(error) }
            }
            guard let answer else {
                let fields = [(name: "Retry-After", value: Self.patience)]
                throw APIProblem(429, "Another preview is being made; try again in a moment", fields: fields)
            }
            return .json(answer)
        }
    }
}

extension APIProblem {
    fileprivate init(_ failure: PreviewError) {
        switch failure {
        case .store(let error): self.init(error)
        case .cancelled: self.init(503, "The preview was broken off", fields: [("Retry-After", "5")])
        case .tooMuch(let results):
            let limit = MonitorPreview.maximumResults
            let words =
                "some \(results) results are in this time, at most \(limit) can be looked at; "
                + "choose fewer monitors or a shorter time"
            self.init([.value(words, at: ["body", "from"])])
        case .noPrometheus:
            self.init([.value("no Prometheus is configured: set PROMETHEUS_URL", at: ["body", "rule", "source"])])
        case .query(let failure): self.init(failure)
        }
    }

    private init(_ failure: QueryError) {
        switch failure {
        case .badQuery: self.init([.value(failure.description, at: ["body", "rule", "promql"])])
        case .tooLarge:
            let words = "\(failure); choose a shorter time, or aggregate the series"
            self.init([.value(words, at: ["body", "rule", "promql"])])
        case .unreachable, .timeout, .malformed, .unauthorized:
            self.init(503, "Prometheus gives no answer: \(failure)", fields: [("Retry-After", "5")])
        }
    }
}

extension DocumentedResponse {
    fileprivate static let notAnswered = problem(
        503,
        "The store or Prometheus gives no answer; Retry-After says when to try again."
    )
}
