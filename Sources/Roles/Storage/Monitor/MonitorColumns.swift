import Base
import Domain
import SQL

/// The translation between a monitor and its row.
enum MonitorColumns {
    /// The columns that `monitor(_:)` reads, of a table called `m`.
    static let list =
        "m.id, m.name, m.url, m.interval_seconds, m.is_active, m.options, m.tags, m.created_at, m.updated_at, m.revision,"
        + " m.alerting"
    /// How many they are.
    static let count = 11

    /// The settings in the order name, url, interval, active, options, tags, alerting.
    static func values(_ draft: MonitorDraft) -> [SQLValue] {
        let tags = draft.normalizedTags
        return [
            .text(draft.name), .text(draft.spec.url), .integer(draft.interval.components.seconds),
            .flag(draft.isActive), .text(HTTPSpecCodec.encode(draft.spec.options)),
            .text(tags.isEmpty ? nil : tags.joined(separator: "\n")), .text(AlertingCodec.encode(draft.alerting)),
        ]
    }

    /// What a draft became.
    static func monitor(
        _ draft: MonitorDraft,
        id: Int64,
        createdAt: Timestamp,
        updatedAt: Timestamp,
        revision: Int64
    ) -> Monitor {
        Monitor(
            id: MonitorID(rawValue: id),
            name: draft.name,
            spec: draft.spec,
            interval: .seconds(draft.interval.components.seconds),
            isActive: draft.isActive,
            tags: draft.normalizedTags,
            alerting: draft.alerting,
            createdAt: createdAt,
            updatedAt: updatedAt,
            revision: revision
        )
    }

    /// Reads the columns of `list`.
    static func monitor(_ row: Row) throws(SQLError) -> Monitor {
        let id = try row.integer(0)
        return Monitor(
            id: MonitorID(rawValue: id),
            name: try row.text(1),
            spec: try spec(url: try row.text(2), options: try row.optionalText(5), of: id),
            interval: .seconds(try row.integer(3)),
            isActive: try row.flag(4),
            tags: try row.optionalText(6)?.split(separator: "\n").map(String.init) ?? [],
            alerting: try AlertingCodec.decode(try row.optionalText(10)),
            createdAt: Timestamp(milliseconds: try row.integer(7)),
            updatedAt: Timestamp(milliseconds: try row.integer(8)),
            revision: try row.integer(9)
        )
    }

    private static func spec(url: String, options: String?, of id: Int64) throws(SQLError) -> HTTPSpec {
        guard let options else { return HTTPSpec(url: url) }
        do throws(HTTPSpecCodec.Failure) { return HTTPSpec(url: url, options: try HTTPSpecCodec.decode(options)) } catch
        {
            throw .corrupt("options of monitor \(id): \(error)")
        }
    }
}
