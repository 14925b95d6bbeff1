package import Base
import PromQL

/// The settings of rules and of the Prometheus server that evaluates them.
extension SettingKeys {
    package static let prometheusURL = Setting<String?>(
        "prometheus.url",
        environment: ["PROMETHEUS_URL"],
        default: nil,
        ValueReader(
            expected: "http(s)://HOST[:PORT][/PREFIX] without user, password, query and fragment",
            placeholder: "URL",
            read: { text in try? PrometheusConfiguration(baseURL: text).baseURL },
            write: { $0 }
        ).optional,
        help: "Prometheus that answers the queries of rules and servers; none when empty."
    )
    package static let prometheusUser = Setting<String?>(
        "prometheus.user",
        environment: ["PROMETHEUS_USER"],
        default: nil,
        ValueReader<String>.text("NAME", length: 1...255).optional,
        help: "User name that Prometheus asks for."
    )
    package static let prometheusPassword = Setting<String?>(
        "prometheus.password",
        environment: ["PROMETHEUS_PASSWORD"],
        default: nil,
        ValueReader<String>.text("TEXT").optional,
        masking: .whole,
        help: "Password that Prometheus asks for."
    )
    package static let prometheusToken = Setting<String?>(
        "prometheus.token",
        environment: ["PROMETHEUS_TOKEN"],
        default: nil,
        ValueReader<String>.text("TEXT").optional,
        masking: .whole,
        help: "Bearer token that Prometheus asks for, instead of a user and password."
    )
    package static let ruleInterval = Setting<Duration>(
        "rules.interval",
        environment: ["ALERT_CHECK_INTERVAL_SECONDS"],
        default: .seconds(60),
        .duration(.seconds(10)...(.seconds(3600))),
        help: "From one evaluation of a rule to the next, for rules that name no interval."
    )
    package static let watchInterval = Setting<Duration>(
        "servers.watch_interval",
        environment: ["WS_METRICS_INTERVAL_SECONDS"],
        default: .seconds(5),
        .duration(.seconds(1)...(.seconds(3600))),
        help: "From one message of /ws/metrics about a server to the next."
    )
}
