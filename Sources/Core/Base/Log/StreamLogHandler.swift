import Glibc

/// Writes one line a record to a file descriptor: text for terminals, JSON for machines.
package struct StreamLogHandler: LogHandler {
    /// How a record becomes a line.
    package enum Format: String, Sendable, CaseIterable { case text, json }

    private let descriptor: Int32
    private let format: Format

    package init(descriptor: Int32 = STDERR_FILENO, format: Format) {
        (self.descriptor, self.format) = (descriptor, format)
    }

    package func write(_ record: LogRecord) {
        var line = format == .json ? Self.json(record) : Self.text(record)
        line.append(UInt8(ascii: "\n"))
        // Each line is written by one call, so that lines of several threads do not mix; a closed or full log must not
        // stop the program.
        _ = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// `2026-11-20T05:09:37.382Z WARNING storage: disk full path=/var/lib/sentinel.db`.
    package static func text(_ record: LogRecord) -> [UInt8] {
        var line: [UInt8] = []
        record.time.append(to: &line)
        line.append(" \(record.level.rawValue.uppercased()) \(record.label): ")
        line.append(escaped: record.message)
        for (key, value) in record.metadata.pairs {
            line.append(" \(key)=")
            let plain = !value.isEmpty && value.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 61 }
            if plain {
                line.append(value)
            } else {
                JSONWriter.append(string: value, to: &line)
            }
        }
        return line
    }

    /// `{"time":…,"level":…,"logger":…,"message":…, then the metadata}`.
    package static func json(_ record: LogRecord) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.member("time", record.time.description)
            object.member("level", record.level.rawValue)
            object.member("logger", record.label)
            object.member("message", record.message)
            for (key, value) in record.metadata.pairs { object.member(key, value) }
        }
        return writer.bytes
    }
}

extension [UInt8] {
    /// Appends text with control characters made visible, so that one record stays one line.
    fileprivate mutating func append(escaped text: String) {
        for byte in text.utf8 {
            if byte < 32 || byte == 127 {
                append("\\x")
                append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 48 + $0 : 87 + $0 })
            } else {
                append(byte)
            }
        }
    }
}
