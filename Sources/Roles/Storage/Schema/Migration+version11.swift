import SQL

extension Migration {
    /// The numbers of regions, which results have in place of names.
    ///
    /// The default region is 0, whatever number its name has here.
    static let version11 = Migration(version: 11, name: "regions") { _ in
        ["CREATE TABLE regions (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE)"]
    } down: { _ in
        ["DROP TABLE regions"]
    }
}
