import SQL

extension Migration {
    /// An index of the incidents that an incident explains: it is searched at the end of every incident.
    static let version6 = Migration(version: 6, name: "causes") { _ in
        ["CREATE INDEX incidents_by_cause ON incidents (caused_by) WHERE caused_by IS NOT NULL"]
    } down: { _ in
        ["DROP INDEX incidents_by_cause"]
    }
}
