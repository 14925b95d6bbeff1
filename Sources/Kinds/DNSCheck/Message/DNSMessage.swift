/// One record of an answer.
package struct DNSRecord: Sendable, Equatable {
    package let type: UInt16
    /// Seconds; a value with the top bit set counts as 0 (RFC 2181 §8).
    package let ttl: UInt32
    /// The data in zone file format, such as `10 mail.example.org.`.
    package let text: String
}

/// The parts of an answer that checks use; every length and name in it was validated.
package struct DNSMessage: Sendable, Equatable {
    package let identifier: UInt16
    private let flags: UInt16
    /// With the extended bits of EDNS.
    package private(set) var code: UInt16
    /// The records of the class IN of the queried name, and of the names that its aliases lead to.
    package private(set) var answers: [DNSRecord] = []
    /// How many records of the answer section belong to other names or classes; they answer nothing and are left out.
    package private(set) var foreignCount = 0
    /// Whether the server supports EDNS.
    package private(set) var hasEDNS = false

    package var isAuthoritative: Bool { flags & 0x0400 != 0 }
    package var isTruncated: Bool { flags & 0x0200 != 0 }
    package var isRecursionAvailable: Bool { flags & 0x0080 != 0 }
    package var isAuthentic: Bool { flags & 0x0020 != 0 }

    /// The most bytes that names and records may have as text: a short message can expand to far more than its size.
    package static let textLimit = 1 << 20
    /// The bytes of a record for the root without data.
    private static let smallestRecord = 11

    /// Parses the answer to `query`, whose question ends at `questionEnd`.
    ///
    /// Throws `.notAnAnswer` and `.question` for a message that does not answer the query, other faults for a malformed
    /// one.
    package init(_ bytes: UnsafeRawBufferPointer, to query: [UInt8], questionEnd: Int) throws(DNSMessageError) {
        var reader = MessageReader(bytes)
        identifier = try reader.u16()
        flags = try reader.u16()
        code = flags & 15
        let questions = try reader.u16()
        let answerCount = Int(try reader.u16())
        let authorityCount = Int(try reader.u16())
        let additionalCount = Int(try reader.u16())
        // An answer (QR) to a standard query (opcode 0).
        guard flags & 0xF800 == 0x8000 else { throw .notAnAnswer }
        if questions == 1 {
            guard Self.repeats(query, questionEnd, bytes) else { throw .question }
            _ = try reader.part(questionEnd - DNSQuery.headerSize)
        } else {
            // A server that could not parse the question cannot repeat it.
            guard questions == 0, code != 0 else { throw .question }
        }
        if isTruncated { return }
        answers.reserveCapacity(min(answerCount, reader.left / Self.smallestRecord))
        var text: [UInt8] = []
        var owners = RecordOwners()
        var textLeft = Self.textLimit
        for _ in 0..<answerCount {
            try readAnswer(&reader, &text, &owners)
            textLeft -= text.count
            guard textLeft >= 0 else { throw .tooLong }
        }
        if owners.differ {
            let question = MessageReader(bytes, from: DNSQuery.headerSize)
            let related = try owners.related(to: question, answers, textLimit: textLeft)
            foreignCount += related.count { !$0 }
            answers = zip(answers, related).filter(\.1).map(\.0)
        }
        for _ in 0..<authorityCount { _ = try RecordHeader(&reader) }
        for _ in 0..<additionalCount {
            let header = try RecordHeader(&reader)
            guard header.type == 41 else { continue }
            hasEDNS = true
            code |= UInt16(header.rawTTL >> 24) << 4
        }
    }

    private mutating func readAnswer(
        _ reader: inout MessageReader,
        _ text: inout [UInt8],
        _ owners: inout RecordOwners
    ) throws(DNSMessageError) {
        var header = try RecordHeader(&reader)
        text.removeAll(keepingCapacity: true)
        guard header.recordClass == DNSQuery.internet else {
            foreignCount += 1
            return
        }
        owners.add(MessageReader(reader.bytes, from: header.nameStart))
        try RecordText.append(header.type, &header.data, to: &text)
        answers.append(DNSRecord(type: header.type, ttl: header.ttl, text: String(decoding: text, as: UTF8.self)))
    }

    /// Whether the answer repeats the question; names may differ in case.
    private static func repeats(_ query: [UInt8], _ end: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= end, query.count >= end else { return false }
        for index in DNSQuery.headerSize..<end where bytes[index] != query[index] {
            let isLetter = (bytes[index] | 32) &- 97 < 26
            guard isLetter, bytes[index] | 32 == query[index] | 32, index < end - 4 else { return false }
        }
        return true
    }
}

/// The header of a record, and its data.
struct RecordHeader {
    let nameStart: Int
    let type: UInt16
    let recordClass: UInt16
    let rawTTL: UInt32
    var data: MessageReader

    var ttl: UInt32 { rawTTL > Int32.max ? 0 : rawTTL }

    init(_ reader: inout MessageReader) throws(DNSMessageError) {
        nameStart = reader.position
        try reader.skipName()
        type = try reader.u16()
        recordClass = try reader.u16()
        rawTTL = try reader.u32()
        data = try reader.part(Int(try reader.u16()))
    }
}
