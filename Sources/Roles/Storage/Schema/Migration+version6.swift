import SQL

extension Migration {
    /// Finds what an incident explains: every end of an incident asks for it.
    static let version6 = Migration(version: 6, name: "causes") { _ in
        ["CREATE INDEX incidents_by_cause ON incidents (caused_by) WHERE caused_by IS NOT NULL"]
    } down: { _ in
        ["DROP INDEX incidents_by_cause"]
    }
}
