import Base
import Domain

/// A kind of resource of a running server, and how the command line shows it.
struct ServerResource: Sendable {
    /// A column of the short table.
    struct Column: Sendable {
        let title: String
        let member: String
    }

    /// The singular, such as `channel`; the plural adds an s.
    let name: String
    /// The singular with its article.
    let one: String
    /// The path, such as `/api/v1/channels`, without a slash at its end.
    let path: String
    let columns: [Column]
    /// The parameter that searches by a part of the name; nil for short lists.
    var search: String?
    /// An example of flags for the help.
    var example = "--name Team"
    /// The settings that have flags, as their table says.
    var flags: [FlagDeclaration] = []

    var plural: String { name.hasSuffix("y") ? name.dropLast() + "ies" : name + "s" }

    func table(_ items: [JSONValue]) -> String {
        guard !items.isEmpty else { return "No \(plural).\n" }
        let rows = items.map { item in columns.map { TextTable.shown(item[$0.member]) } }
        return TextTable.text([columns.map(\.title)] + rows)
    }

    /// The number of the resource with a name; a number stands for itself.
    ///
    /// Throws when no resource, or more than one, has the name.
    @inline(never)
    func number(of text: String, _ client: ServerClient) async throws -> Int64 {
        if let number = Int64(text), number > 0 { return number }
        let query = search.map { [(name: $0, value: Optional(text))] } ?? []
        let (items, hasMore) = try await client.list(plural, path, query, limit: Self.searchLimit)
        let found = items.filter { $0["name"]?.stringValue == text }.compactMap { $0["id"]?.integerValue }
        if found.count == 1 { return found[0] }
        guard found.isEmpty else {
            let numbers = found.map(String.init).joined(separator: ", ")
            throw CommandError("several \(plural) are called '\(text)': give the number, one of \(numbers)")
        }
        let names = items.compactMap { $0["name"]?.stringValue }
        let nearest = Suggestion.nearest(to: text, among: names).map { "; did you mean '\($0)'?" }
        let few = names.isEmpty || names.count > 20 ? "" : "; there are: \(names.joined(separator: ", "))"
        let hint = nearest ?? (hasMore ? "; there are too many to look at, give the number" : few)
        throw CommandError(TerminalStyle.printable("no \(name) is called '\(text)'\(hint)"))
    }

    /// Makes a request about the resource with a name, to the path `suffix` below it.
    ///
    /// A separate function, because the release build's optimizer crashes on closures that await both steps.
    @inline(never)
    func call(
        _ method: String,
        _ suffix: String = "",
        of text: String,
        _ client: ServerClient,
        _ body: JSONValue? = nil
    ) async throws -> JSONValue {
        let number = try await number(of: text, client)
        return try await client.call(method, "\(path)/\(number)\(suffix)", body)
    }

    /// Creates a resource with these members, in which names may stand for numbers of other resources.
    @inline(never)
    func add(_ members: JSONObject, _ client: ServerClient) async throws -> JSONValue {
        let body = try await NamedReferences.resolved(members, client)
        return try await client.call("POST", path, body)
    }

    /// Changes the resource with a name; reads it first where a member within another is set.
    @inline(never)
    func change(_ text: String, _ given: GivenMembers, _ client: ServerClient) async throws -> JSONValue {
        let number = "\(try await number(of: text, client))"
        let stored = given.needsStored ? try await call("GET", of: number, client) : nil
        let body = try await NamedReferences.resolved(given.body(over: stored), client)
        return try await call("PATCH", of: number, client, body)
    }

    /// Removes the resource with a name; returns its number.
    @inline(never)
    func remove(_ text: String, _ client: ServerClient) async throws -> Int64 {
        let number = try await number(of: text, client)
        _ = try await call("DELETE", of: "\(number)", client)
        return number
    }

    /// How many resources are searched for a name.
    private static let searchLimit = 10_000
}

extension ServerResource {
    static let monitors = ServerResource(
        name: "monitor",
        one: "a monitor",
        path: "/api/v1/monitors",
        columns: [],
        search: "q",
        example: "--interval 30s"
    )
    static let channels = ServerResource(
        name: "channel",
        one: "a channel",
        path: "/api/v1/channels",
        columns: [
            Column(title: "ID", member: "id"), Column(title: "NAME", member: "name"),
            Column(title: "KIND", member: "kind"), Column(title: "FROM", member: "origin"),
            Column(title: "ENABLED", member: "enabled"), Column(title: "DEFAULT", member: "is_default"),
            Column(title: "FALLBACK", member: "fallback_id"),
        ],
        example: "--name Team --kind webhook --setting url=https://hooks.example.com/x",
        flags: Channel.fields().flags
    )
    static let policies = ServerResource(
        name: "policy",
        one: "a policy",
        path: "/api/v1/policies",
        columns: [
            Column(title: "ID", member: "id"), Column(title: "POSITION", member: "position"),
            Column(title: "NAME", member: "name"), Column(title: "ENABLED", member: "enabled"),
            Column(title: "CHANNELS", member: "channels"), Column(title: "MATCHERS", member: "matchers"),
        ],
        example: "--name Team --channel 1 --matcher tag=shop",
        flags: Policy.fields.flags
    )
    static let maintenance = ServerResource(
        name: "window",
        one: "a maintenance window",
        path: "/api/v1/maintenance",
        columns: [
            Column(title: "ID", member: "id"), Column(title: "NAME", member: "name"),
            Column(title: "ACTIVE", member: "active"), Column(title: "ENABLED", member: "enabled"),
            Column(title: "MATCHERS", member: "matchers"), Column(title: "SCHEDULE", member: "schedule"),
        ],
        example: "--time-zone Europe/Berlin --matcher tag=shop",
        flags: MaintenancePlan.fields().flags
    )
    static let rules = ServerResource(
        name: "rule",
        one: "an alert rule",
        path: "/api/v1/alerts/rules",
        columns: [
            Column(title: "ID", member: "id"), Column(title: "NAME", member: "name"),
            Column(title: "ACTIVE", member: "is_active"), Column(title: "METRIC", member: "metric_name"),
            Column(title: "IF", member: "comparison"), Column(title: "THRESHOLD", member: "threshold"),
            Column(title: "QUERY", member: "promql"),
        ],
        example: "--threshold 80 --for-seconds 5m",
        flags: AlertRule.fields.flags
    )
    static let servers = ServerResource(
        name: "server",
        one: "a server that Prometheus scrapes",
        path: "/api/v1/servers",
        columns: [
            Column(title: "ID", member: "id"), Column(title: "NAME", member: "name"),
            Column(title: "JOB", member: "job_name"), Column(title: "INSTANCE", member: "instance"),
            Column(title: "ACTIVE", member: "is_active"),
        ],
        example: "--instance db1:9100",
        flags: MonitoredServer.fields.flags
    )
}
