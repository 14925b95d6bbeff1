import Base
import Domain
import Storage

extension Schema.Field {
    /// What matchers fit now, in the answer to a creation.
    static let matches = Schema.Field.optional(
        "matches",
        .object(
            "Matches",
            [
                .required("monitors", .integer(0...Int64.max, example: 3), "Monitors whose incidents would fit."),
                .required("open_incidents", .integer(0...Int64.max, example: 1), "Incidents not over that fit."),
                .required("truncated", .boolean, "Whether there are more than were looked at: at least so many fit."),
            ]
        ),
        "What its matchers fit now; only in the answer to its creation."
    ).readOnly
}

extension MatchCounter {
    /// The member `matches` of the answer to a creation.
    func matches(_ matchers: [LabelMatcher]) async throws(APIProblem) -> JSONObject {
        let count = try await stored { () async throws(StorageError) in try await self.count(matchers) }
        let members: JSONValue = [
            "monitors": .integer(Int64(count.monitors)), "open_incidents": .integer(Int64(count.openIncidents)),
            "truncated": .bool(count.isCut),
        ]
        return JSONObject([("matches", members)])
    }
}
