import Base

/// Prints what the processes log, in simulated time.
struct DiaryLogHandler: LogHandler {
    func write(_ record: LogRecord) {
        Simulator.shared.say("log: \(record.label): \(record.message) \(record.metadata)")
    }
}
