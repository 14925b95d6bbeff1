import Base

/// Keeps what is logged: `message name=value …`, a text a record.
final class RecordedLog: LogHandler {
    private let texts = Locked<[String]>([])

    var messages: [String] { texts.withLock { $0 } }

    func write(_ record: LogRecord) {
        let fields = record.metadata.pairs.map { " \($0.key)=\($0.value)" }.joined()
        texts.withLock { $0.append(record.message + fields) }
    }
}
