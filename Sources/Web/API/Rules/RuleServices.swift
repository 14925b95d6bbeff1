package import Alerting
package import Domain
package import PromQL
package import Storage

/// What the routes of servers, rules and events work with.
package struct RuleServices: Sendable {
    /// Prometheus, as far as the API asks it.
    package struct Prometheus: Sendable {
        /// The figures of the server of a job and instance.
        package var summary: @Sendable (_ job: String, _ instance: String) async -> ServerSummary
        /// What is wrong with a query in the server's eyes; nil when nothing is, or it cannot say in time.
        package var fault: @Sendable (_ query: String) async -> QueryFailure?
        /// The time series of a query's  series over the past.
        package var range: RulePreview.Range

        package init(
            summary: @escaping @Sendable (_ job: String, _ instance: String) async -> ServerSummary,
            fault: @escaping @Sendable (_ query: String) async -> QueryFailure?,
            range: @escaping RulePreview.Range = { _, _ throws(QueryFailure) in throw .unreachable("not asked for") }
        ) {
            (self.summary, self.fault, self.range) = (summary, fault, range)
        }
    }

    package var editor: RuleEditor
    package var events: AlertEventRepository
    package var channels: ChannelRepository
    /// nil when none is configured.
    package var prometheus: Prometheus?
    /// From one evaluation to the next of a rule that says nothing.
    package var interval: Duration = .seconds(60)
    /// What `/ws/metrics` hands out; nil when no Prometheus is configured.
    package var feed: MetricsFeed?
    /// Kinds of channels that a rule may prefer also while there is none of that kind.
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
