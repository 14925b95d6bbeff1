import SQL

extension Migration {
    /// The kind of a check, and its settings in one text; `url` is the target of any kind from now on.
    static let version7 = Migration(version: 7, name: "kinds") { _ in
        [
            "ALTER TABLE monitors ADD COLUMN kind TEXT NOT NULL DEFAULT 'http'",
            "ALTER TABLE monitors ADD COLUMN settings TEXT",
        ]
    } down: { _ in
        ["ALTER TABLE monitors DROP COLUMN settings", "ALTER TABLE monitors DROP COLUMN kind"]
    }
}
