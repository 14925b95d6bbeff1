/// Aligned columns of text.
package enum TextTable {
    /// One line a row, with columns two spaces apart and no trailing blanks.
    ///
    /// Control characters become "?".
    package static func text(_ rows: [[String]]) -> String {
        let rows = rows.map { $0.map { TerminalStyle.printable($0) } }
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let last = row.count - 1
            let cells = row.enumerated().map { column, cell in
                column == last ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            var line = Substring(cells.joined(separator: "  "))
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
