import Base
package import Domain
package import SQL

/// The part of a result that is packed into one blob, about ten bytes for a plain check.
///
/// Version 1: a byte of flags, the delay from due to start in milliseconds (signed), the phases that were reached in
/// microseconds, the body's bytes; then, where the flags or the reason say so, redirects, the failed phase and the
/// task's id. Version 2 is for results that have more: the bytes 0, 0, 2, the time of the request phase plus one in
/// microseconds (0: not reached), the length of the kind's facts and the facts as JSON; then version 1 follows. No row
/// of version 1 begins with 0, 0, 2: that were a body of two bytes without a phase in which it came.
package enum ResultFacts {
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
    package static func pack(_ result: CheckResult) -> [UInt8] {
        let outcome = result.outcome
        let times = outcome.phases
        var flags: Flags = []
        var bytes = extras(outcome)
        let start = bytes.count
        bytes.append(0)
        bytes.reserveCapacity(start + 24)
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
        bytes[start] = flags.rawValue
        return bytes
    }

    /// The most bytes of a kind's facts; more are left out.
    private static let factsLimit = 16_384

    /// The additional part of version 2; empty when a result has nothing for it.
    private static func extras(_ outcome: Outcome) -> [UInt8] {
        guard outcome.phases.request != nil || outcome.facts != nil else { return [] }
        var bytes: [UInt8] = [0, 0, 2]
        let request = outcome.phases.request.map { UInt64(max(0, $0.wholeMicroseconds)) + 1 } ?? 0
        VariableLength.append(request, to: &bytes)
        let facts = outcome.facts.map { Array(JSONValue.object($0).description.utf8) } ?? []
        let kept = facts.count <= factsLimit ? facts : []
        VariableLength.append(UInt64(kept.count), to: &bytes)
        bytes.append(contentsOf: kept)
        return bytes
    }

    private static func readExtras(_ reader: inout PackedReader, into outcome: inout Outcome) throws(SQLError) {
        guard reader.rest.starts(with: [0, 0]), reader.rest.count > 2, let version = reader.rest.dropFirst(2).first,
            version > 0
        else { return }
        guard version == 2 else { throw .corrupt("packed facts of a version that this release cannot read") }
        _ = try reader.bytes(3)
        let request = try reader.unsigned()
        if request > 0 { outcome.phases.request = .microseconds(Int64(clamping: request - 1)) }
        let length = try reader.unsigned()
        guard length > 0 else { return }
        guard length <= factsLimit else { throw .corrupt("packed facts are too long") }
        let text = String(decoding: try reader.bytes(Int(length)), as: UTF8.self)
        guard case .object(let facts)? = try? JSONValue(parsing: text) else { throw .corrupt("facts are no object") }
        outcome.facts = facts
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

    /// Unpacks facts; the result already has its key, reason (phase not yet known), status and latency.
    package static func unpack(_ bytes: [UInt8], into result: inout CheckResult) throws(SQLError) {
        var reader = PackedReader(bytes)
        try readExtras(&reader, into: &result.outcome)
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
