import Base
import PromQL

/// The settings of rules and of the Prometheus server that evaluates them.
extension SettingKeys {
    /// Rules, and the Prometheus server that evaluates them.
    static let prometheus: [SettingEntry] = [
        .setting(
            "prometheus.url",
            \.prometheusURL,
            environment: ["PROMETHEUS_URL"],
            ValueReader(
                expected: "http(s)://HOST[:PORT][/PREFIX] without user, password, query and fragment",
                placeholder: "URL",
                read: { text in try? PrometheusConfiguration(baseURL: text).baseURL },
                write: { $0 }
            ).optional,
            help: "Prometheus that answers the queries of rules and servers; none when empty."
        ),
        .setting(
            "prometheus.user",
            \.prometheusUser,
            environment: ["PROMETHEUS_USER"],
            ValueReader<String>.text("NAME", length: 1...255).optional,
            help: "User name that Prometheus asks for."
        ),
        .setting(
            "prometheus.password",
            \.prometheusPassword,
            environment: ["PROMETHEUS_PASSWORD"],
            ValueReader<String>.text("TEXT").optional,
            masking: .whole,
            help: "Password that Prometheus asks for."
        ),
        .setting(
            "prometheus.token",
            \.prometheusToken,
            environment: ["PROMETHEUS_TOKEN"],
            ValueReader<String>.text("TEXT").optional,
            masking: .whole,
            help: "Bearer token that Prometheus asks for, instead of a user and password."
        ),
        .setting(
            "rules.interval",
            \.ruleInterval,
            environment: ["ALERT_CHECK_INTERVAL_SECONDS"],
            .duration(.seconds(10)...(.seconds(3600))),
            help: "From one evaluation of a rule to the next, for rules that name no interval."
        ),
        .setting(
            "servers.watch_interval",
            \.watchInterval,
            environment: ["WS_METRICS_INTERVAL_SECONDS"],
            .duration(.seconds(1)...(.seconds(3600))),
            help: "From one message of /ws/metrics about a server to the next."
        ),
    ]
}
