package import SQL

/// The history of the tables.
package enum StorageSchema {
    /// Every migration in order; for `Migrator`.
    package static let migrations: [Migration] = [
        .version1, .version2, .version3, .version4, .version5, .version6, .version7, .version8,
        .version9, .version10, .version11,
    ]
}
