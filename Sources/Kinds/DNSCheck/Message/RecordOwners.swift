import Base

/// The names that the records of an answer belong to.
///
/// A resolver accepts records of the queried name and of the names that its CNAME records lead to, in any order. Others
/// answer another question, and may be forged.
struct RecordOwners {
    /// Where each owner's name begins.
    private var names: [MessageReader] = []
    /// Whether one is not written as a pointer to the question, as nearly all servers do.
    private(set) var differ = false

    mutating func add(_ name: MessageReader) {
        names.append(name)
        let isQuestion =
            name.left >= 2 && name.bytes[name.position] == 0xC0
            && Int(name.bytes[name.position + 1]) == DNSQuery.headerSize
        if !isQuestion { differ = true }
    }

    /// Whether each record, in their order, belongs to the question or to a name that it leads to.
    ///
    /// Throws `.name` or `.short` for a malformed name, and `.tooLong` when the names have more text than the limit.
    func related(
        to question: MessageReader,
        _ records: [DNSRecord],
        textLimit: Int
    ) throws(DNSMessageError) -> [Bool] {
        var owners: [[UInt8]] = []
        owners.reserveCapacity(names.count)
        var textLeft = textLimit
        for name in names {
            let owner = try Self.text(name)
            textLeft -= owner.count
            guard textLeft >= 0 else { throw .tooLong }
            owners.append(owner)
        }
        var aliases: [[UInt8]: [[UInt8]]] = [:]
        for (record, owner) in zip(records, owners) where record.type == RecordType.CNAME.number {
            aliases[owner, default: []].append(Self.lowercased(Array(record.text.utf8)))
        }
        var waiting = [try Self.text(question)]
        var found = Set(waiting)
        while let name = waiting.popLast() {
            for target in aliases[name] ?? [] where found.insert(target).inserted { waiting.append(target) }
        }
        let hasDelegation = records.contains { $0.type == RecordType.DNAME.number }
        let parents = hasDelegation ? Self.parents(of: found) : []
        return zip(records, owners).map { record, owner in
            found.contains(owner) || record.type == RecordType.DNAME.number && parents.contains(owner)
        }
    }

    /// The names above these: a DNAME record stands at one of them (RFC 6672 §2.3).
    private static func parents(of names: Set<[UInt8]>) -> Set<[UInt8]> {
        var parents: Set<[UInt8]> = [[UInt8(ascii: ".")]]
        for name in names {
            var isEscaped = false
            for (index, byte) in name.enumerated() {
                if byte == UInt8(ascii: "."), !isEscaped, index + 1 < name.count {
                    parents.insert(Array(name[(index + 1)...]))
                }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            }
        }
        return parents
    }

    private static func text(_ name: MessageReader) throws(DNSMessageError) -> [UInt8] {
        var (name, text) = (name, [UInt8]())
        try name.appendName(to: &text)
        return lowercased(text)
    }

    private static func lowercased(_ text: [UInt8]) -> [UInt8] { text.map { $0 &- 65 < 26 ? $0 | 32 : $0 } }
}
