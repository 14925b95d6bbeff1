import Base
import Glibc
import Patterns
import Testing

private let suiteFile = getenv("SENTINEL_JSONPATH_SUITE").map { String(cString: $0) }

/// The public compliance suite of JSONPath, `cts.json` of `jsonpath-standard/jsonpath-compliance-test-suite` on GitHub.
///
/// It is not part of this repository: `SENTINEL_JSONPATH_SUITE=/path/of/cts.json make test ARGS="--filter JSONPathSuite"`
/// runs it. The tables beside this file hold the same rules in cases of our own.
@Suite(.enabled(if: suiteFile != nil)) struct JSONPathSuiteTests {
    @Test func everyCaseOfTheSuiteHolds() throws {
        let suite = try JSONValue(parsing: try Self.bytes(of: try #require(suiteFile)))
        let cases = try #require(suite["tests"]?.arrayValue)
        try #require(!cases.isEmpty)
        var failures = 0
        for item in cases {
            guard let fault = try Self.fault(in: item) else { continue }
            failures += 1
            Issue.record("\(item["name"]?.stringValue ?? ""): \(item["selector"]?.description ?? ""): \(fault)")
        }
        print("JSONPath compliance suite: \(cases.count - failures) of \(cases.count) cases hold")
    }

    /// What is wrong with a case; nil when it holds.
    private static func fault(in item: JSONValue) throws -> String? {
        let isRefused = item["invalid_selector"] == true
        let path: JSONPath
        do {
            path = try JSONPath(try #require(item["selector"]?.stringValue))
        } catch let error as JSONPathError {
            return isRefused ? nil : "refused, \(error)"
        }
        guard !isRefused else { return "accepted" }
        let document = try #require(item["document"])
        let values = JSONValue.array(try path.nodes(in: document))
        let wanted = try item["results"]?.arrayValue ?? [#require(item["result"])]
        guard wanted.contains(where: { JSONPath.areEqual($0, values) }) else { return "selects \(values)" }
        let places = JSONValue.array(try path.normalizedPaths(in: document).map(JSONValue.string))
        guard let wantedPlaces = item["results_paths"]?.arrayValue ?? item["result_paths"].map({ [$0] }) else {
            return nil
        }
        return wantedPlaces.contains { JSONPath.areEqual($0, places) } ? nil : "selects \(places)"
    }

    private static func bytes(of name: String) throws -> [UInt8] {
        let file = try #require(fopen(name, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
        }
    }
}
