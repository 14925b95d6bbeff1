/// One step in the history of the schema; appended to the list, never edited once released.
package struct Migration: Sendable {
    /// Positive, ascending without gaps.
    package let version: Int
    /// Lower-case words joined by underscores.
    package let name: String
    /// The statements that apply the step.
    package let up: @Sendable (SQLDialect) -> [String]
    /// The statements that revert it.
    package let down: @Sendable (SQLDialect) -> [String]

    /// A step whose statements may differ by dialect.
    package init(
        version: Int,
        name: String,
        up: @escaping @Sendable (SQLDialect) -> [String],
        down: @escaping @Sendable (SQLDialect) -> [String]
    ) {
        (self.version, self.name, self.up, self.down) = (version, name, up, down)
    }

    /// The fingerprint of the step in one dialect: 16 hexadecimal digits (FNV-1a, 64 bits).
    package func checksum(_ dialect: SQLDialect) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for statement in [name] + up(dialect) {
            for byte in statement.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = hash &* 0x100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The Swift source of a new, empty migration.
    package static func template(version: Int, name: String) -> String {
        """
        extension Migration {
            /// <What it changes, and why.>
            static let version\(version) = Migration(version: \(version), name: "\(name)") { dialect in
                [
                    "CREATE TABLE \(name) (id \\(dialect.identity))"
                ]
            } down: { _ in
                [
                    "DROP TABLE \(name)"
                ]
            }
        }

        """
    }
}
