/// A column of JSON texts that hold secrets: sealed when they are written, plain where an older version wrote them.
package struct SealedColumn: Sendable {
    private let seal: SettingsSeal
    private let table: String

    /// `table` is part of what a text is sealed for: it opens in no other table and under no other id.
    package init(_ seal: SettingsSeal, table: String) {
        self.seal = seal
        self.table = table
    }

    /// The form to store for a row; another one each time.
    package func seal(_ json: String, id: Int64) -> String { seal.seal(json, place(id)) }

    /// The JSON text of a row.
    ///
    /// A stored object or array is one from before texts were sealed, and returned as it is. Throws when a sealed text
    /// was altered, moved, or sealed with another key.
    package func open(_ stored: String, id: Int64) throws(SettingsSeal.Fault) -> String {
        isPlain(stored) ? stored : try seal.open(stored, place(id))
    }

    /// Whether a stored text is not sealed, and is to be written again.
    package func isPlain(_ stored: String) -> Bool {
        stored.utf8.first == UInt8(ascii: "{") || stored.utf8.first == UInt8(ascii: "[")
    }

    private func place(_ id: Int64) -> String { "\(table)/\(id)" }
}
