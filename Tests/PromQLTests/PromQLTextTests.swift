import Base
import Domain
import PromQL
import Testing

/// Queries as texts.
@Suite struct PromQLTextTests {
    @Test func valuesCannotLeaveTheirQuotes() {
        let value = "a\"} or up{x=\"\\\n"
        #expect(PromQL.quoted(value) == #""a\"} or up{x=\"\\\n""#)
        #expect(
            PromQL.selector("up", [("job", value), ("instance", "")]) == #"up{job="a\"} or up{x=\"\\\n",instance=""}"#
        )
        for scalar in (0..<0xA0).compactMap(Unicode.Scalar.init) {
            let quoted = PromQL.quoted("x\(scalar)y")
            #expect(!quoted.unicodeScalars.contains { $0.properties.generalCategory == .control })
            #expect(throws: Never.self) { try PromQL.check("up{a=\(quoted)}") }
        }
    }

    @Test(arguments: [
        "up", "1", "sum by(job) (rate(a{b=\"}\"}[5m]))", "'a\\'b' == \"x\\\"\"", "`a\nb\\`", "up # (a comment\n",
        "a\r\n\t+ b",
        "\"é\"", "((((1))))",
    ]) func goodTextsPass(_ text: String) throws {
        #expect(throws: Never.self) { try PromQL.check(text) }
    }

    @Test(arguments: [
        ("", "line 1, column 1: the query is empty"), (" \n # only a comment", "line 1, column 1: the query is empty"),
        ("sum(up", "line 1, column 4: \"(\" is not closed"), ("up{", "line 1, column 3: \"{\" is not closed"),
        ("up)", "line 1, column 3: \")\" closes nothing"),
        ("a\n+ (b]", "line 2, column 5: \"]\" closes \"(\" of line 2, column 3"),
        ("a{b=\"c}", "line 1, column 5: a text in quotes does not end"),
        ("\"a\nb\"", "line 1, column 1: a text in quotes does not end"),
        ("'a\\", "line 1, column 1: a text in quotes does not end"),
        ("é + `b", "line 1, column 5: a text in quotes does not end"),
        ("a\0", "line 1, column 2: a NUL character"), ("\"a\0\"", "line 1, column 3: a NUL character"),
        ("\"\\\0\"", "line 1, column 3: a NUL character"), ("a # \0", "line 1, column 5: a NUL character"),
        ("a\n  )", "line 2, column 3: \")\" closes nothing"),
        (String(repeating: "a", count: 8193), "line 1, column 1: longer than 8192 bytes"),
    ]) func faultsAreNamed(_ text: String, _ complaint: String) {
        let fault = #expect(throws: PromQLError.self) { try PromQL.check(text) }
        #expect(fault?.description == complaint)
    }

    @Test(arguments: 0..<50) func randomTextsAreCheckedWithoutCrashing(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<200 {
            let text = String((0..<20).map { _ in "a(){}[]\"'`\\#\n\0é ".randomElement(using: &random) ?? "a" })
            do throws(PromQLError) {
                try PromQL.check(text)
            } catch {
                let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
                let line = lines[error.position.line - 1]
                #expect((1...max(1, line.count)).contains(error.position.column), "\(text.debugDescription) \(error)")
            }
        }
    }

    @Test func serverQueriesUseNodeExporterMetrics() throws {
        let texts = ServerMetric.allCases.map { $0.query(job: "J\"", instance: "I") }
        #expect(
            texts == [
                #"100 - (avg by(instance) (irate(node_cpu_seconds_total{job="J\"",instance="I",mode="idle"}[5m])) * 100)"#,
                #"(1 - (node_memory_MemAvailable_bytes{job="J\"",instance="I"} / node_memory_MemTotal_bytes{job="J\"","#
                    + #"instance="I"})) * 100"#,
                #"max by(instance) (100 - ((node_filesystem_avail_bytes{job="J\"",instance="I",mountpoint="/","#
                    + #"fstype!="rootfs"} * 100) / node_filesystem_size_bytes{job="J\"",instance="I",mountpoint="/","#
                    + #"fstype!="rootfs"}))"#,
                #"sum by(instance) (rate(node_network_receive_bytes_total{job="J\"",instance="I",device!="lo"}[5m]))"#,
                #"sum by(instance) (rate(node_network_transmit_bytes_total{job="J\"",instance="I",device!="lo"}[5m]))"#,
            ]
        )
        for text in texts { try PromQL.check(text) }
    }
}
