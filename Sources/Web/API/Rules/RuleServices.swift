package import Alerting
package import Domain
package import PromQL
package import Storage

/// The services that the routes of servers, rules and events use.
package struct RuleServices: Sendable {
    /// The queries of the API to Prometheus.
    package struct Prometheus: Sendable {
        /// The metrics of the server with a job and instance.
        package var summary: @Sendable (_ job: String, _ instance: String) async -> ServerSummary
        /// What Prometheus finds wrong with a query; nil when nothing, or when it does not answer in time.
        package var fault: @Sendable (_ query: String) async -> QueryError?
        /// The time series of a query over the past.
        package var range: RulePreview.Range
        /// The same, of a server that answers within two seconds or not at all: somebody waits for it.
        package var recent: RulePreview.Range

        package init(
            summary: @escaping @Sendable (_ job: String, _ instance: String) async -> ServerSummary,
            fault: @escaping @Sendable (_ query: String) async -> QueryError?,
            range: @escaping RulePreview.Range = { _, _ throws(QueryError) in throw .unreachable("not asked for") },
            recent: @escaping RulePreview.Range = { _, _ throws(QueryError) in throw .unreachable("not asked for") }
        ) {
            (self.summary, self.fault, self.range, self.recent) = (summary, fault, range, recent)
        }
    }

    package var editor: RuleEditor
    package var events: AlertEventRepository
    package var channels: ChannelRepository
    /// nil when no Prometheus is configured.
    package var prometheus: Prometheus?
    /// The evaluation interval of rules that have none of their own.
    package var interval: Duration = .seconds(60)
    /// The source of `/ws/metrics`; nil when no Prometheus is configured.
    package var feed: MetricsFeed?
    /// Kinds of channels that a rule may prefer even while no channel of the kind exists.
    package var channelKinds: Set<String> = [
        "slack", "discord", "telegram", "email", "webhook", "pagerduty", "opsgenie", "teams", "mattermost", "ntfy",
        "gotify", "pushover", "matrix", "googlechat", "alertmanager",
    ]

    package init(
        editor: RuleEditor,
        events: AlertEventRepository,
        channels: ChannelRepository,
        prometheus: Prometheus? = nil
    ) {
        (self.editor, self.events, self.channels, self.prometheus) = (editor, events, channels, prometheus)
    }

    var servers: ServerRepository { editor.servers }
    var rules: AlertRuleRepository { editor.rules }
}
