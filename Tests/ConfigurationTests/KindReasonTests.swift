import Base
import Checks
import Glibc
import Testing

@testable import sentinel

/// What each kind declares, against its tests, its page and the members that all monitors have.
@Suite struct KindReasonTests {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/")

    private static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// The text of every test of a kind; `AlertingTests` and `APITests` have those of the kind push.
    private static func tests(of kind: any CheckKind.Type) -> String {
        let folders = ["\(kind.name.uppercased())CheckTests", "\(capitalized(kind.name))CheckTests"]
        var all = kind.name == "push" ? text("\(root)/Tests/APITests/PushRouteTests.swift") : ""
        for folder in folders.map({ "\(root)/Tests/\($0)" }) {
            guard let listing = opendir(folder) else { continue }
            defer { closedir(listing) }
            while let entry = readdir(listing) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name.hasSuffix(".swift") { all += text("\(folder)/\(name)") }
            }
        }
        return all
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// The words of a text that follow a dot.
    private static func members(_ text: String) -> Set<Substring> {
        Set(text.split { !($0.isLetter || $0.isNumber || $0 == ".") }.flatMap { $0.split(separator: ".").suffix(2) })
    }

    @Test(arguments: Kinds.all.all.map { $0.name }) func everyDeclaredReasonIsExpectedByATest(_ name: String) throws {
        let kind = try #require(Kinds.all.all.first { $0.name == name })
        // `icmp_ttl` is `.icmpTTL`.
        let expected = Set(Self.members(Self.tests(of: kind)).map { $0.lowercased() })
        let missing = kind.reasons.filter { !expected.contains("\($0)".filter { $0 != "_" }) }
        #expect(missing.isEmpty, "the tests of the kind \(name) expect none of these")
    }

    @Test(arguments: Kinds.all.all.map { $0.name }) func noSettingHasTheNameOfAMonitorsOwn(_ name: String) throws {
        let kind = try #require(Kinds.all.all.first { $0.name == name })
        let own: Set = [
            "id", "kind", "name", "interval", "interval_seconds", "enabled", "is_active", "tags", "retries",
            "retry_interval", "recovery_threshold", "failure_window", "degraded_above", "alert_on_degraded", "quorum",
            "settle_time", "severity", "repeat_interval", "depends_on", "status", "status_since", "target",
            "last_check", "created_at", "updated_at", "warnings",
        ]
        #expect(own.intersection(kind.members.map { $0.name }).isEmpty)
    }
}
