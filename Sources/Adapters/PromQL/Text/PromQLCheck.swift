package import Domain

/// An error in a query's text, and where.
package struct PromQLError: Error, Sendable, Equatable, CustomStringConvertible {
    package let position: QueryPosition
    package let reason: String

    package var description: String { "\(position): \(reason)" }
}

extension PromQL {
    /// Checks a text without a server: its length, brackets and quotes, and whether it is empty.
    ///
    /// A first check only: the server alone knows the grammar, so a text that passes may still be invalid. A text that
    /// fails is certainly invalid.
    ///
    /// Throws `PromQLError` with the first error.
    package static func check(_ text: String) throws(PromQLError) {
        guard text.utf8.count <= maximumText else {
            throw PromQLError(position: .init(line: 1, column: 1), reason: "longer than \(maximumText) bytes")
        }
        var scan = PromQLScan(text)
        try scan.run()
    }

    /// The position of a byte, counted from 1 within a line; converts the positions that Prometheus reports.
    static func position(line: Int, byte: Int, in text: String) -> QueryPosition {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
        guard line >= 1, byte >= 1, line <= lines.count else { return QueryPosition(line: line, column: byte) }
        let bytes = lines[line - 1].prefix(byte - 1)
        // Counts the bytes that begin a scalar; Prometheus may report positions past the line's end.
        let starts = bytes.count { $0 & 0xC0 != 0x80 }
        return QueryPosition(line: line, column: starts + (byte - 1 - bytes.count) + 1)
    }
}

/// Scans a text once.
private struct PromQLScan {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var place = QueryPosition(line: 1, column: 1)
    private var open: [(bracket: Unicode.Scalar, place: QueryPosition)] = []
    private var isEmpty = true

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func run() throws(PromQLError) {
        while let scalar = next() {
            let start = here
            switch scalar {
            case " ", "\t", "\n", "\r": continue
            case "#":
                while let scalar = next(), scalar != "\n" { try refuseNUL(scalar) }
                continue
            case "\"", "'", "`": try string(scalar, start)
            case "(", "[", "{": open.append((scalar, start))
            case ")", "]", "}": try close(scalar, start)
            default: try refuseNUL(scalar)
            }
            isEmpty = false
        }
        if let last = open.last { throw PromQLError(position: last.place, reason: "\"\(last.bracket)\" is not closed") }
        if isEmpty { throw PromQLError(position: .init(line: 1, column: 1), reason: "the query is empty") }
    }

    /// The position of the scalar that was read last.
    private var here: QueryPosition {
        guard index > 0, scalars[index - 1] != "\n" else { return place }
        return QueryPosition(line: place.line, column: place.column - 1)
    }

    private mutating func next() -> Unicode.Scalar? {
        guard index < scalars.count else { return nil }
        let scalar = scalars[index]
        index += 1
        if scalar == "\n" {
            place = QueryPosition(line: place.line + 1, column: 1)
        } else {
            place.column += 1
        }
        return scalar
    }

    private func refuseNUL(_ scalar: Unicode.Scalar) throws(PromQLError) {
        if scalar == "\0" { throw PromQLError(position: here, reason: "a NUL character") }
    }

    private mutating func string(_ quote: Unicode.Scalar, _ start: QueryPosition) throws(PromQLError) {
        while let scalar = next() {
            if scalar == quote { return }
            try refuseNUL(scalar)
            if quote == "`" { continue }
            if scalar == "\n" { break }
            if scalar == "\\", let escaped = next() {
                try refuseNUL(escaped)
                if escaped == "\n" { break }
            }
        }
        throw PromQLError(position: start, reason: "a text in quotes does not end")
    }

    private mutating func close(_ bracket: Unicode.Scalar, _ start: QueryPosition) throws(PromQLError) {
        let pairs: [Unicode.Scalar: Unicode.Scalar] = ["(": ")", "[": "]", "{": "}"]
        guard let last = open.popLast() else {
            throw PromQLError(position: start, reason: "\"\(bracket)\" closes nothing")
        }
        guard pairs[last.bracket] == bracket else {
            throw PromQLError(position: start, reason: "\"\(bracket)\" closes \"\(last.bracket)\" of \(last.place)")
        }
    }
}
