import Arguments
import Base
import Domain
import HTTPClient
import Runtime

/// `sentinel monitors`.
enum MonitorsCommand {
    static let server = Option<String>(
        "server",
        .serverURL,
        help: "The server to talk to; also from SENTINEL_URL (default: http://127.0.0.1:8000)."
    )
    static let json = Flag("json", help: "Print the server's JSON.")

    static let command = Command<CommandAction>(
        "monitors",
        summary: "Lists, adds and removes the monitors of a running server.",
        subcommands: [MonitorsListCommand.command, MonitorsAddCommand.command, MonitorsRemoveCommand.command]
    )

    /// Runs a command's work with the server that the command line or `SENTINEL_URL` names.
    static func run(
        _ invocation: Invocation,
        _ context: CommandContext,
        _ body: @escaping @Sendable (MonitorsAPI) async throws -> ExitCode
    ) throws -> Execution {
        var address = invocation[server] ?? "http://127.0.0.1:8000"
        if invocation[server] == nil, let text = context.variable("SENTINEL_URL") {
            let reader = ValueReader.serverURL
            guard let url = reader.read(text) else {
                throw UsageError.invalidValue(name: "SENTINEL_URL", found: text, expected: reader.expected)
            }
            address = url
        }
        let target = address
        return .task {
            let loop: EventLoop
            do throws(Errno) { loop = try EventLoop(name: "client") } catch { throw CommandFailure("\(error)") }
            let client = HTTPClient(loop: loop)
            let api = MonitorsAPI(server: target) { request throws(HTTPClientError) in try await client.send(request) }
            return try await body(api)
        }
    }
}

/// `sentinel monitors list`.
enum MonitorsListCommand {
    private static let status = Option<String>(
        "status",
        .text("STATUS", length: 1...50),
        help: "Only monitors in this state."
    )
    private static let tag = Option<String>("tag", .text("TAG", length: 1...50), help: "Only monitors with this tag.")
    private static let words = Option<String>(
        "q",
        .text("TEXT", length: 1...255),
        help: "Only monitors whose name or URL has this text."
    )
    private static let limit = Option<Int>("limit", .integer(1...1000), help: "At most so many.")

    static let command = Command<CommandAction>(
        "list",
        summary: "Lists the monitors of a running server.",
        options: [
            MonitorsCommand.server.spec, status.spec, tag.spec, words.spec, limit.spec, MonitorsCommand.json.spec,
        ]
    ) { invocation, context in
        let query = [
            (name: "status", value: invocation[status]), (name: "tag", value: invocation[tag]),
            (name: "q", value: invocation[words]), (name: "limit", value: invocation[limit].map { "\($0)" }),
        ]
        let showsJSON = invocation[MonitorsCommand.json]
        return try MonitorsCommand.run(invocation, context) { api in
            let monitors = try await api.list(query)
            context.output(showsJSON ? "\(JSONValue.array(monitors))\n" : MonitorsTable.text(monitors))
            return .success
        }
    }
}

/// `sentinel monitors add`.
enum MonitorsAddCommand {
    private static let name = Positional<String>("NAME", .text("NAME", length: 1...255), help: "The monitor's name.")
    private static let interval = Option<Duration>(
        "interval",
        .duration(MonitorLimits.interval),
        help: "Time between checks."
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
        options: [
            MonitorsCommand.server.spec, interval.spec, tag.spec, CheckOptions.timeout.spec, CheckOptions.expect.spec,
            CheckOptions.method.spec, CheckOptions.keyword.spec, paused.spec, MonitorsCommand.json.spec,
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
        if let timeout = invocation[CheckOptions.timeout] { object["timeout"] = .number(timeout.inSeconds) }
        if let codes = invocation[CheckOptions.expect] {
            object["expected_status"] = Int64(codes.description).map { .integer($0) } ?? .string(codes.description)
        }
        if let method = invocation[CheckOptions.method] { object["method"] = .string(method) }
        if let keyword = invocation[CheckOptions.keyword] { object["keyword"] = .string(keyword) }
        let tags = invocation[tag]
        if !tags.isEmpty { object["tags"] = .array(tags.map { .string($0) }) }
        if invocation[paused] { object["enabled"] = false }
        return .object(object)
    }
}

/// `sentinel monitors rm`.
enum MonitorsRemoveCommand {
    private static let ids = Positional<Int>(
        "ID",
        .integer(1...Int.max, "ID"),
        count: 1...1000,
        help: "Number of a monitor."
    )

    static let command = Command<CommandAction>(
        "rm",
        summary: "Removes monitors and their history from a running server.",
        options: [MonitorsCommand.server.spec],
        positionals: [ids.spec]
    ) { invocation, context in
        let numbers = invocation[ids]
        return try MonitorsCommand.run(invocation, context) { api in
            var code = ExitCode.success
            for id in numbers {
                do throws(MonitorsAPI.Failure) {
                    try await api.remove(id)
                    context.output("Removed monitor \(id)\n")
                } catch {
                    context.complain("sentinel: monitor \(id): \(error)\n")
                    code = .failure
                }
            }
            return code
        }
    }
}
