package import Base

/// The monitors of a running server, over its HTTP API.
package struct MonitorsAPI: Sendable {
    package typealias Failure = ServerClient.RequestError
    private let client: ServerClient

    package init(_ client: ServerClient) { self.client = client }

    /// The matching monitors in the server's order, up to `limit`, and whether there are more.
    ///
    /// Reads page after page. Query items without a value are omitted.
    ///
    /// Throws `Failure` as `ServerClient.list` does.
    package func list(
        _ query: [(name: String, value: String?)],
        limit: Int
    ) async throws(Failure) -> (monitors: [JSONValue], hasMore: Bool) {
        let (items, hasMore) = try await client.list("monitors", "/api/v1/monitors", query, limit: limit)
        return (items, hasMore)
    }

    /// Creates a monitor and returns the server's answer.
    ///
    /// Throws `Failure` as `ServerClient.call` does.
    package func add(_ monitor: JSONValue) async throws(Failure) -> JSONValue {
        try await client.call("POST", "/api/v1/monitors", monitor)
    }

    /// Deletes a monitor.
    ///
    /// Throws `Failure` as `ServerClient.call` does.
    package func remove(_ id: Int) async throws(Failure) {
        try await client.call("DELETE", "/api/v1/monitors/\(id)")
    }
}
