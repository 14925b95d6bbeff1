import Arguments
import Base

/// `sentinel rules preview`.
enum RulesPreviewCommand {
    private static let path = "/api/v1/alerts/rules/preview"
    /// The server may take some seconds for a preview.
    private static let patience: Duration = .seconds(120)
    private static let monitor = RepeatedOption<String>(
        "monitor",
        .text("NAME|ID", length: 1...1024),
        maximum: 1000,
        help: "A monitor's name or number; may be repeated (default: all active ones)."
    )
    private static let tag = Option<String>(
        "tag",
        .text("TAG", length: 1...256),
        help: "Only active monitors with this tag."
    )
    private static let file = Option<String>(
        "file",
        .text("FILE"),
        help: "A rule to try instead: the JSON that would be posted to add it; - is standard input."
    )

    static let command = Command<CommandAction>(
        "preview",
        summary: "Shows what settings, or a rule, would have alerted in the past; nobody is notified.",
        discussion:
            "Looks at the results that exist: checks that would have confirmed a failure, and were not made, are"
            + " not made up. Settings that are left out are each monitor's own.",
        options: [ServerCommand.server.spec, monitor.spec, tag.spec] + PreviewOptions.settings
            + [file.spec] + PreviewOptions.times + ServerOutput.options
    ) { invocation, context in
        let body = try invocation[file].map { try rule($0, invocation) } ?? settings(invocation)
        let window = PreviewOptions.window(invocation)
        let wanted = invocation[monitor]
        let format = try ServerOutput.format(invocation)
        return try ServerCommand.run(invocation, context) { client in
            var request = JSONObject(body.members + window)
            if !wanted.isEmpty { request["monitors"] = .array(try await numbers(of: wanted, client)) }
            let answer = try await client.call("POST", path, .object(request), timeout: patience)
            context.output(ServerOutput.one(answer, format, text: PreviewReport.text))
            if answer["truncated"]?.boolValue == true {
                context.complain("sentinel: there is more than is listed; what is counted is whole\n")
            }
            if let words = answer["left_out"]?.stringValue {
                context.complain("sentinel: \(TerminalStyle.printable(words))\n")
            }
            return .success
        }
    }

    private static func settings(_ invocation: Invocation) throws -> JSONObject {
        let alerting = try PreviewOptions.alerting(invocation)
        guard !alerting.members.isEmpty else {
            throw UsageError.other("nothing to try: give a setting such as --retries 2, or --file")
        }
        if !invocation[monitor].isEmpty, invocation[tag] != nil {
            throw UsageError.other("--monitor and --tag exclude each other")
        }
        var body = JSONObject([("alerting", .object(alerting))])
        body["tag"] = invocation[tag].map { .string($0) }
        return body
    }

    /// Reads the rule; blocks.
    private static func rule(_ name: String, _ invocation: Invocation) throws -> JSONObject {
        let others = try !PreviewOptions.alerting(invocation).members.isEmpty
        if others || !invocation[monitor].isEmpty || invocation[tag] != nil {
            throw UsageError.other("--file tries a rule: it goes with no monitors and no settings of theirs")
        }
        guard let bytes = try SmallFile.read(name == "-" ? "/dev/stdin" : name, limit: 1 << 20) else {
            throw UsageError.other("--file: there is no file '\(name)'")
        }
        do throws(JSONError) {
            return JSONObject([("rule", try JSONValue(parsing: bytes))])
        } catch {
            throw UsageError.other("--file: '\(name)' is no JSON: \(error)")
        }
    }

    /// The numbers of the given monitors; throws when no monitor, or more than one, has a name.
    private static func numbers(of names: [String], _ client: ServerClient) async throws -> [JSONValue] {
        var numbers: [JSONValue] = []
        for name in names { numbers.append(.integer(try await ServerResource.monitors.number(of: name, client))) }
        return numbers
    }
}
