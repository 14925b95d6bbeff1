import Foundation

/// A statement in `Benchmarks/`, run by Debian's `sqlite3` while the server is stopped.
///
/// Kept in files because the schema is the storage's own; `@name@` stands for a value.
struct SQLScript {
    private let text: String

    /// Reads a file of `Benchmarks/`; nil when it is missing or holds only comments.
    init?(_ name: String) throws {
        let path = "Benchmarks/\(name).sql"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        // sqlite3 would take an argument that begins with a comment for an option.
        text = try String(contentsOfFile: path, encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("--") && !$0.allSatisfy(\.isWhitespace) }
            .joined(separator: "\n")
        if text.isEmpty { return nil }
    }

    /// A statement that is the same for every schema.
    init(text: String) { self.text = text }

    /// Runs it on a database file and returns what it printed.
    ///
    /// Throws when SQLite reports an error.
    @discardableResult
    func run(on database: String, _ values: [String: String] = [:]) throws -> String {
        var statement = text
        for (name, value) in values { statement = statement.replacingOccurrences(of: "@\(name)@", with: value) }
        let output = "\(database).out"
        defer { try? FileManager.default.removeItem(atPath: output) }
        do {
            try ChildProcess(["sqlite3", "-bail", database, statement], output: output).wait(within: .seconds(300))
        } catch {
            throw BenchError("\(error): \((try? String(contentsOfFile: output, encoding: .utf8)) ?? "")")
        }
        return try String(contentsOfFile: output, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
