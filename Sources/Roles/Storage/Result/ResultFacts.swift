import Base
import Domain
import SQL

/// The part of a result that is packed into one blob, about ten bytes for a plain check.
///
/// A byte of flags, the delay from due to start in milliseconds (signed), the phases that were reached in microseconds,
/// the body's bytes; then, where the flags or the reason say so, redirects, the failed phase and the task's id.
enum ResultFacts {
    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let status = Flags(rawValue: 1)
        static let dns = Flags(rawValue: 2)
        static let connect = Flags(rawValue: 4)
        static let tls = Flags(rawValue: 8)
        static let firstByte = Flags(rawValue: 16)
        static let transfer = Flags(rawValue: 32)
        static let redirects = Flags(rawValue: 64)
        static let task = Flags(rawValue: 128)
    }

    /// Packs a result.
    static func pack(_ result: CheckResult) -> [UInt8] {
        let outcome = result.outcome
        let times = outcome.phases
        var flags: Flags = []
        var bytes: [UInt8] = [0]
        bytes.reserveCapacity(24)
        VariableLength.append(signed: (result.checkedAt - result.scheduledAt).wholeMilliseconds, to: &bytes)
        append(times.dns, .dns, &flags, &bytes)
        append(times.connect, .connect, &flags, &bytes)
        append(times.tls, .tls, &flags, &bytes)
        append(times.firstByte, .firstByte, &flags, &bytes)
        append(times.transfer, .transfer, &flags, &bytes)
        VariableLength.append(UInt64(max(0, outcome.bodyBytes)), to: &bytes)
        if outcome.statusCode != nil { flags.insert(.status) }
        if outcome.redirects != 0 {
            flags.insert(.redirects)
            VariableLength.append(UInt64(max(0, outcome.redirects)), to: &bytes)
        }
        if let failure = outcome.failure { bytes.append(failure.phase.rawValue) }
        if let task = result.taskID {
            flags.insert(.task)
            bytes.append(contentsOf: task.utf8)
        }
        bytes[0] = flags.rawValue
        return bytes
    }

    private static func append(_ time: Duration?, _ flag: Flags, _ flags: inout Flags, _ bytes: inout [UInt8]) {
        guard let time else { return }
        flags.insert(flag)
        VariableLength.append(UInt64(max(0, time.wholeMicroseconds)), to: &bytes)
    }

    private static func time(
        _ flag: Flags,
        _ flags: Flags,
        _ reader: inout PackedReader
    ) throws(SQLError) -> Duration? {
        guard flags.contains(flag) else { return nil }
        return .microseconds(Int64(clamping: try reader.unsigned()))
    }

    /// Puts packed facts back; the result has its key, reason (phase not yet known), status and latency already.
    static func unpack(_ bytes: [UInt8], into result: inout CheckResult) throws(SQLError) {
        var reader = PackedReader(bytes)
        let flags = Flags(rawValue: try reader.byte())
        result.checkedAt = result.scheduledAt + .milliseconds(try reader.signed())
        result.outcome.phases.dns = try time(.dns, flags, &reader)
        result.outcome.phases.connect = try time(.connect, flags, &reader)
        result.outcome.phases.tls = try time(.tls, flags, &reader)
        result.outcome.phases.firstByte = try time(.firstByte, flags, &reader)
        result.outcome.phases.transfer = try time(.transfer, flags, &reader)
        result.outcome.bodyBytes = Int(clamping: try reader.unsigned())
        if flags.contains(.redirects) { result.outcome.redirects = Int(clamping: try reader.unsigned()) }
        if !flags.contains(.status) { result.outcome.statusCode = nil }
        if result.outcome.failure != nil {
            guard let phase = Phase(rawValue: try reader.byte()) else { throw .corrupt("unknown phase") }
            result.outcome.failure?.phase = phase
        }
        if flags.contains(.task) { result.taskID = String(decoding: reader.rest, as: UTF8.self) }
    }
}

extension Duration {
    /// Whole microseconds, cut towards zero.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
