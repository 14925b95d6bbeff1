/// The variables of a `.env` file.
///
/// One `NAME=value` a line, optionally after `export `. `#` begins a comment at a line's start or after a blank. Values
/// may stand in single quotes (taken literally) or double quotes (with the escapes `\n \r \t \\ \" \$`). Nothing is
/// interpolated, and a value ends with its line.
package struct DotEnv: Sendable, Equatable {
    /// A value and its line, from 1.
    package struct Variable: Sendable, Equatable {
        package let value: String
        package let line: Int
    }

    package let path: String
    package let variables: [String: Variable]

    /// The largest accepted file, in bytes.
    package static let sizeLimit = 256 << 10

    /// Reads the file's bytes; `path` is for messages only.
    ///
    /// Throws a `.syntax` problem for each line that is wrong.
    package init(parsing bytes: [UInt8], path: String) throws(ConfigurationError) {
        self.path = path
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var variables: [String: Variable] = [:]
        var line = 0
        var problems: [ConfigurationError.Problem] = []
        for content in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            line += 1
            var reader = LineReader(bytes: content.last == UInt8(ascii: "\r") ? content.dropLast() : content)
            let found: (name: String, value: String)?
            do throws(LineReader.ParseError) {
                found = try reader.assignment()
            } catch {
                problems.append(.syntax(path: path, line: line, reason: error.reason))
                continue
            }
            guard let found else { continue }
            if let earlier = variables[found.name] {
                let reason = "\(found.name) is already set on line \(earlier.line)"
                problems.append(.syntax(path: path, line: line, reason: reason))
                continue
            }
            variables[found.name] = Variable(value: found.value, line: line)
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        self.variables = variables
    }
}

/// Reads one line of a `.env` file.
private struct LineReader {
    /// Why a line is not an assignment.
    struct ParseError: Error { let reason: String }

    var bytes: ArraySlice<UInt8>

    /// The name and value; nil for an empty line or a comment.
    mutating func assignment() throws(ParseError) -> (name: String, value: String)? {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw ParseError(reason: "the line is not UTF-8") }
        guard !bytes.contains(0) else { throw ParseError(reason: "the line has a NUL byte") }
        skipBlanks()
        if bytes.isEmpty || bytes.first == UInt8(ascii: "#") { return nil }
        var name = word()
        if name == "export", let next = bytes.first, isBlank(next) {
            skipBlanks()
            name = word()
        }
        guard let first = name.utf8.first, first &- 48 > 9 else {
            throw ParseError(reason: "expected NAME=value")
        }
        guard bytes.first == UInt8(ascii: "=") else { throw ParseError(reason: "expected '=' right after '\(name)'") }
        bytes = bytes.dropFirst()
        return (name, try value())
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    private mutating func skipBlanks() { bytes = bytes.drop { isBlank($0) } }

    /// Letters, digits and underscores.
    private mutating func word() -> String {
        let found = bytes.prefix { $0 &- 48 <= 9 || ($0 | 32) &- 97 <= 25 || $0 == UInt8(ascii: "_") }
        bytes = bytes.dropFirst(found.count)
        return String(decoding: found, as: UTF8.self)
    }

    private mutating func value() throws(ParseError) -> String {
        skipBlanks()
        let value: [UInt8]
        switch bytes.first {
        case UInt8(ascii: "'"): value = try singleQuoted()
        case UInt8(ascii: "\""): value = try doubleQuoted()
        default: return plain()
        }
        let blank = bytes.first.map(isBlank) ?? true
        skipBlanks()
        guard bytes.isEmpty || (blank && bytes.first == UInt8(ascii: "#")) else {
            throw ParseError(reason: "text after the closing quote")
        }
        return String(decoding: value, as: UTF8.self)
    }

    private mutating func plain() -> String {
        var end = bytes.startIndex
        while end < bytes.endIndex {
            let startsComment = end == bytes.startIndex || isBlank(bytes[end - 1])
            if bytes[end] == UInt8(ascii: "#"), startsComment { break }
            end += 1
        }
        var value = bytes[..<end]
        while let last = value.last, isBlank(last) { value.removeLast() }
        return String(decoding: value, as: UTF8.self)
    }

    private mutating func singleQuoted() throws(ParseError) -> [UInt8] {
        bytes = bytes.dropFirst()
        guard let end = bytes.firstIndex(of: UInt8(ascii: "'")) else {
            throw ParseError(reason: "a quote does not end")
        }
        defer { bytes = bytes[(end + 1)...] }
        return Array(bytes[..<end])
    }

    private mutating func doubleQuoted() throws(ParseError) -> [UInt8] {
        bytes = bytes.dropFirst()
        var value: [UInt8] = []
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return value
            case UInt8(ascii: "\\"):
                switch bytes.popFirst() {
                case UInt8(ascii: "n"): value.append(10)
                case UInt8(ascii: "r"): value.append(13)
                case UInt8(ascii: "t"): value.append(9)
                case let byte? where byte == 92 || byte == 34 || byte == 36: value.append(byte)
                default: throw ParseError(reason: #"an unknown escape; \n \r \t \\ \" \$ are known"#)
                }
            default: value.append(byte)
            }
        }
        throw ParseError(reason: "a quote does not end")
    }
}
