/// Key-value pairs of a log record, in the order given; values never hold secrets.
package struct LogMetadata: Sendable, ExpressibleByDictionaryLiteral {
    package let pairs: [(key: String, value: String)]

    package init(dictionaryLiteral elements: (String, String)...) {
        pairs = elements.map { (key: $0.0, value: $0.1) }
    }

    /// In the order given; a pair without a value is left out.
    package init(_ pairs: [(key: String, value: String?)]) {
        self.pairs = pairs.compactMap { pair in pair.value.map { (key: pair.key, value: $0) } }
    }
}

/// One log record.
package struct LogRecord: Sendable {
    package let time: Timestamp
    package let level: LogLevel
    package let label: String
    package let message: String
    package let metadata: LogMetadata

    package init(time: Timestamp, level: LogLevel, label: String, message: String, metadata: LogMetadata) {
        (self.time, self.level, self.label) = (time, level, label)
        (self.message, self.metadata) = (message, metadata)
    }
}

/// Where log records go; called from any thread.
package protocol LogHandler: Sendable {
    func write(_ record: LogRecord)
}

/// Writes the records of one part of the program at or above a level.
package struct Logger: Sendable {
    package let label: String
    package let level: LogLevel
    private let handler: any LogHandler

    package init(label: String, level: LogLevel = .info, handler: any LogHandler) {
        (self.label, self.level, self.handler) = (label, level, handler)
    }

    /// The same destination under another label.
    package func labelled(_ label: String) -> Logger { Logger(label: label, level: level, handler: handler) }

    package func log(_ level: LogLevel, _ message: @autoclosure () -> String, _ metadata: LogMetadata = [:]) {
        guard level >= self.level else { return }
        handler.write(
            LogRecord(time: .now, level: level, label: label, message: message(), metadata: metadata)
        )
    }

    package func debug(_ message: @autoclosure () -> String, _ metadata: LogMetadata = [:]) {
        log(.debug, message(), metadata)
    }
    package func info(_ message: @autoclosure () -> String, _ metadata: LogMetadata = [:]) {
        log(.info, message(), metadata)
    }
    package func notice(_ message: @autoclosure () -> String, _ metadata: LogMetadata = [:]) {
        log(.notice, message(), metadata)
    }
    package func warning(_ message: @autoclosure () -> String, _ metadata: LogMetadata = [:]) {
        log(.warning, message(), metadata)
    }
    package func error(_ message: @autoclosure () -> String, _ metadata: LogMetadata = [:]) {
        log(.error, message(), metadata)
    }
}

/// Drops every record; for tests and tools that print nothing.
package struct SilentLogHandler: LogHandler {
    package init() {}
    package func write(_ record: LogRecord) {}
}
