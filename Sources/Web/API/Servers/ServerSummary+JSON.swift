package import Base
package import Domain
package import PromQL

extension ServerSummary {
    /// What is known of a server, with why figures could not be asked for.
    func json(of server: MonitoredServer) -> JSONValue {
        .object(object([("server_id", .integer(server.id.rawValue)), ("server_name", .string(server.name))]))
    }

    /// The same as a message of `/ws/metrics`; without any answer of Prometheus its metrics are null and it says why.
    package func message(of server: MonitoredServer, at time: Timestamp) -> [UInt8] {
        let head: [(key: String, value: JSONValue)] = [
            ("server_id", .integer(server.id.rawValue)), ("server_name", .string(server.name)),
            ("timestamp", .string(time.description)),
        ]
        let body = failure.map { failure in
            JSONObject(head + [("metrics", .null), ("error", .string(failure.absence))])
        }
        return Array(JSONValue.object(body ?? object(head)).description.utf8)
    }

    private func object(_ head: [(key: String, value: JSONValue)]) -> JSONObject {
        let figures = JSONObject(metrics.map { ($0.metric.rawValue, .number($0.value)) })
        var object = JSONObject(head + [("metrics", .object(figures))])
        if !failures.isEmpty {
            let pairs = failures.map { (key: $0.key.rawValue, value: JSONValue.string($0.value.description)) }
            object["errors"] = .object(JSONObject(pairs.sorted { $0.key < $1.key }))
        }
        return object
    }
}

extension QueryError {
    /// For people who asked for figures.
    var absence: String { "Prometheus does not answer: \(description)" }
}
