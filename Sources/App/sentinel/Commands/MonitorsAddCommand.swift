import Arguments
import Base
import Domain

/// `sentinel monitors add`.
enum MonitorsAddCommand {
    private static let name = Positional<String>(
        "NAME",
        .text("NAME", length: 1...MonitorLimits.nameLength),
        help: "The monitor's name."
    )
    private static let interval = Option<Duration>(
        "interval",
        .duration(MonitorLimits.interval),
        help: "Time between checks, whole seconds."
    )
    private static let tag = RepeatedOption<String>(
        "tag",
        .text("TAG", length: 1...MonitorLimits.tagLength),
        maximum: MonitorLimits.tagCount,
        help: "Tag of the monitor; may be repeated."
    )
    private static let paused = Flag("paused", help: "Add it without checking it yet.")

    static let command = Command<CommandAction>(
        "add",
        summary: "Adds a monitor to a running server.",
        discussion: "What is left out is the server's default.",
        options: [
            MonitorsCommand.server.spec, interval.spec, tag.spec, paused.spec, CheckOptions.timeout.spec,
            CheckOptions.connectTimeout.spec, CheckOptions.expect.spec, CheckOptions.method.spec,
            CheckOptions.header.spec, CheckOptions.body.spec, CheckOptions.keyword.spec,
            CheckOptions.forbiddenKeyword.spec, CheckOptions.noFollow.spec, CheckOptions.insecure.spec,
            CheckOptions.userAgent.spec, MonitorsCommand.json.spec,
        ],
        positionals: [name.spec, CheckOptions.url.spec]
    ) { invocation, context in
        let monitor = try monitor(invocation)
        let showsJSON = invocation[MonitorsCommand.json]
        return try MonitorsCommand.run(invocation, context) { api in
            let added = try await api.add(monitor)
            let line = "Added monitor \(added["id"]?.integerValue ?? 0): \(added["url"]?.stringValue ?? "")"
            context.output(showsJSON ? "\(added)\n" : TerminalStyle.printable(line) + "\n")
            return .success
        }
    }

    /// The body of the request: only what the command line says.
    private static func monitor(_ invocation: Invocation) throws(UsageError) -> JSONValue {
        guard let name = invocation[name].first, let url = invocation[CheckOptions.url].first else {
            throw .missingArgument(name.spec.name)
        }
        var object = JSONObject([("name", .string(name)), ("url", .string(url))])
        if let interval = invocation[interval] {
            guard interval.wholeMilliseconds % 1000 == 0 else { throw .other("--interval must be whole seconds") }
            object["interval"] = .integer(interval.components.seconds)
        }
        let tags = invocation[tag]
        if !tags.isEmpty { object["tags"] = .array(tags.map { .string($0) }) }
        if invocation[paused] { object["enabled"] = false }
        addCheck(invocation, to: &object)
        return .object(object)
    }

    /// How the monitor checks, in the API's words.
    private static func addCheck(_ invocation: Invocation, to object: inout JSONObject) {
        object["timeout"] = invocation[CheckOptions.timeout].map { .number($0.inSeconds) }
        object["connect_timeout"] = invocation[CheckOptions.connectTimeout].map { .number($0.inSeconds) }
        object["expected_status"] = invocation[CheckOptions.expect].map { .string($0.description) }
        let body = invocation[CheckOptions.body]
        object["body"] = body.map { .string($0) }
        object["method"] = (invocation[CheckOptions.method] ?? body.map { _ in "POST" }).map { .string($0) }
        var headers = JSONObject()
        for header in invocation[CheckOptions.header] { headers[header.name] = .string(header.value) }
        if !headers.members.isEmpty { object["headers"] = .object(headers) }
        object["keyword"] = invocation[CheckOptions.keyword].map { .string($0) }
        object["not_keyword"] = invocation[CheckOptions.forbiddenKeyword].map { .string($0) }
        if invocation[CheckOptions.noFollow] { object["follow_redirects"] = false }
        if invocation[CheckOptions.insecure] { object["verify_tls"] = false }
        object["user_agent"] = invocation[CheckOptions.userAgent].map { .string($0) }
    }
}
