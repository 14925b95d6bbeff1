/// What differs between the databases' SQL; each adapter fills in its own, and everything else is written once.
package struct SQLDialect: Sendable {
    /// The column type for bytes.
    package let blob: String
    /// The definition of a generated primary key whose numbers are never reused.
    package let identity: String
    /// The definition of a primary key that the program assigns.
    package let integerPrimaryKey: String
    /// The end of a table definition whose rows are stored in the order of the primary key, with a leading space.
    package let orderedByKey: String
    /// The statements that make other migrating processes wait within a transaction; none when a transaction does so.
    package let migrationLock: [String]
    /// Reads the last number that the table `$1` has generated for its `id`; nothing or null when there is none.
    package let lastNumber: String
    /// Makes the table `$1` go on after the number `$2`.
    package let setLastNumber: [String]
    /// The tables in which the adapter's own store of results keeps them.
    package let results: ResultTables

    package init(
        blob: String,
        identity: String,
        integerPrimaryKey: String,
        orderedByKey: String,
        migrationLock: [String],
        lastNumber: String,
        setLastNumber: [String],
        results: ResultTables
    ) {
        (self.blob, self.identity, self.integerPrimaryKey) = (blob, identity, integerPrimaryKey)
        (self.orderedByKey, self.migrationLock, self.results) = (orderedByKey, migrationLock, results)
        (self.lastNumber, self.setLastNumber) = (lastNumber, setLastNumber)
    }
}

/// The statements that make and drop the tables of a store of results, by the migration that they belong to.
///
/// These tables differ too much between databases to be written once: each adapter has its own.
package struct ResultTables: Sendable {
    /// The statements of one migration.
    package struct Step: Sendable {
        package let up: [String]
        package let down: [String]

        package init(up: [String], down: [String]) { (self.up, self.down) = (up, down) }
    }

    private let steps: [Int: Step]

    /// The steps by the version of their migration.
    package init(_ steps: [Int: Step]) { self.steps = steps }

    /// The statements that belong to a migration; none when it does not concern results.
    package subscript(version: Int) -> Step { steps[version] ?? Step(up: [], down: []) }
}
