import Base
import Testing

@Suite struct LogTests {
    private let record = LogRecord(
        time: Timestamp(milliseconds: 0),
        level: .warning,
        label: "store",
        message: "two\nlines",
        metadata: ["path": "/a b", "n": "3", "q": "\"x\""]
    )

    @Test func textRecordsStayOnOneLine() {
        let line = String(decoding: StreamLogHandler.text(record), as: UTF8.self)
        #expect(line == #"1970-01-01T00:00:00.000Z WARNING store: two\x0alines path="/a b" n=3 q="\"x\"""#)
    }

    @Test func jsonRecordsAreObjects() throws {
        let value = try JSONValue(parsing: StreamLogHandler.json(record))
        #expect(value["level"] == "warning")
        #expect(value["message"] == "two\nlines")
        #expect(value["path"] == "/a b")
    }

    @Test func messagesBelowTheLevelAreNotEvaluated() {
        struct Failing: LogHandler { func write(_ record: LogRecord) { Issue.record("written") } }
        let logger = Logger(label: "x", level: .warning, handler: Failing())
        logger.info(
            {
                Issue.record("evaluated"); return ""
            }()
        )
        #expect(LogLevel(name: "WARN") == .warning)
        #expect(LogLevel(name: "nope") == nil)
    }
}
