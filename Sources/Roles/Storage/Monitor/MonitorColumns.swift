import Base
import Domain
import SQL

/// Converts between a monitor and its row.
struct MonitorColumns: Sendable {
    let settings: CheckSettingsColumn

    /// The columns that `monitor(_:)` reads, of a table named `m`.
    static let list =
        "m.id, m.name, m.url, m.interval_seconds, m.is_active, m.options, m.tags, m.created_at, m.updated_at, m.revision,"
        + " m.alerting, m.kind, m.settings"
    static let table = StoredTable("monitors", columns: list)
    /// The number of columns in `list`.
    static let count = 13

    /// The values in the order name, url, interval, active, tags, alerting, kind, settings.
    func values(_ draft: MonitorDraft) -> [SQLValue] {
        let tags = draft.normalizedTags
        return [
            .text(draft.name), .text(draft.spec.identity), .integer(draft.interval.components.seconds),
            .flag(draft.isActive), .text(tags.isEmpty ? nil : tags.joined(separator: "\n")),
            .text(AlertingCodec.encode(draft.alerting)), .text(draft.spec.kind.name),
            .text(settings.encode(draft.spec)),
        ]
    }

    /// The monitor that a draft became.
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

    /// Reads the columns of `list`; throws `.corrupt` for an invalid row.
    func monitor(_ row: Row) throws(SQLError) -> Monitor {
        let id = try row.integer(0)
        let seconds = try row.integer(3)
        guard (1...86_400).contains(seconds) else { throw row.corrupt(3, "is out of its range") }
        return Monitor(
            id: MonitorID(rawValue: id),
            name: try row.text(1),
            spec: try spec(row, of: id),
            interval: .seconds(seconds),
            isActive: try row.flag(4),
            tags: try row.lines(6),
            alerting: try alerting(row, 10),
            createdAt: try row.time(7),
            updatedAt: try row.time(8),
            revision: Int64(try row.number(9, in: 0...MonitorRepository.lastRevision))
        )
    }

    private func alerting(_ row: Row, _ column: Int) throws(SQLError) -> MonitorAlerting {
        let text = try row.optionalText(column)
        do throws(SQLError) { return try AlertingCodec.decode(text) } catch {
            throw row.corrupt(column, "is not what it should be")
        }
    }

    private func spec(_ row: Row, of id: Int64) throws(SQLError) -> CheckSpec {
        let kind = try row.text(11)
        let target = try row.text(2)
        let options = try row.optionalText(5)
        let stored = try row.optionalText(12)
        do throws(FieldError) {
            if let stored { return try settings.decode(stored, kind: kind) }
            return try settings.decode(version1: options, target: target, kind: kind)
        } catch {
            throw row.corrupt(stored == nil ? 5 : 12, "cannot be read: \(error.field)")
        }
    }
}
