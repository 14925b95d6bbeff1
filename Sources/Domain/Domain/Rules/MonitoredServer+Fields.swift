package import Base
package import Checks

extension MonitoredServer {
    /// A server at its defaults, for people's settings to be taken over.
    package init(id: ServerID = ServerID(rawValue: 0), at now: Timestamp) {
        self.init(id: id, name: "", jobName: "", instance: "", createdAt: now)
    }

    package static let fields: FieldTable<MonitoredServer> = [
        Field("name", \.name, label("web-1"), default: "", isRequired: true, storage: .nowhere, "Its name."),
        Field(
            "job_name",
            \.jobName,
            label("node"),
            default: "",
            isRequired: true,
            storage: .nowhere,
            "The job label that Prometheus scrapes it under."
        ),
        Field(
            "instance",
            \.instance,
            label("web-1:9100"),
            default: "",
            isRequired: true,
            storage: .nowhere,
            "The instance label that Prometheus scrapes it under."
        ),
        Field("is_active", \.isActive, .flag, default: true, storage: .nowhere, "Whether its rules are evaluated."),
    ]

    private static func label(_ example: String) -> FieldType<String> {
        .text(1...textLength, pattern: PlainText.linePattern, example: example, rule: PlainText.name)
    }
}
