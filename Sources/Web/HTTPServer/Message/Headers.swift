import Base

/// Header fields in order, kept as one block of bytes and an index: two allocations for any number of fields.
package struct Headers: Sendable {
    struct Field: Sendable {
        var nameStart: UInt32
        var nameCount: UInt32
        var valueStart: UInt32
        var valueCount: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameCount) }
        var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueCount) }
    }

    private(set) var bytes: [UInt8] = []
    private(set) var fields: [Field] = []

    package init() {}

    /// The fields of a parsed head; `fields` index into `bytes`.
    init(bytes: [UInt8], fields: [Field]) { (self.bytes, self.fields) = (bytes, fields) }

    package var count: Int { fields.count }
    package var isEmpty: Bool { fields.isEmpty }

    /// The first value of a field, whose name is compared without case; nil when absent.
    ///
    /// Setting it replaces all fields with the name.
    package subscript(name: String) -> String? {
        get { firstField(named: name).map { string($0.value) } }
        set {
            fields = fields.filter { !hasName($0, name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// All values of a field, in order.
    package func values(of name: String) -> [String] {
        fields.filter { hasName($0, name) }.map { string($0.value) }
    }

    /// Adds a field; a malformed one is refused when the response is written, which then becomes a 500.
    package mutating func append(_ name: String, _ value: String) {
        let start = bytes.count
        bytes.append(name)
        let middle = bytes.count
        bytes.append(value)
        fields.append(
            Field(
                nameStart: UInt32(start),
                nameCount: UInt32(middle - start),
                valueStart: UInt32(middle),
                valueCount: UInt32(bytes.count - middle)
            )
        )
    }

    /// Whether every name is a token and no value holds a control character (RFC 9110 §5.5, §5.6.2).
    var isWellFormed: Bool {
        fields.allSatisfy { field in
            !field.name.isEmpty && bytes[field.name].allSatisfy { $0.isTokenCharacter }
                && bytes[field.value].allSatisfy { $0.isFieldValueCharacter }
        }
    }

    func hasName(_ field: Field, _ name: String) -> Bool {
        guard field.name.count == name.utf8.count else { return false }
        return zip(bytes[field.name], name.utf8).allSatisfy { $0.lowercased == $1.lowercased }
    }

    private func firstField(named name: String) -> Field? { fields.first { hasName($0, name) } }

    private func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

extension Headers: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }
}

extension Headers: Sequence {
    /// The fields as text, in order; bytes that are not UTF-8 are replaced.
    package func makeIterator() -> some IteratorProtocol<(name: String, value: String)> {
        fields.lazy.map { (name: string($0.name), value: string($0.value)) }.makeIterator()
    }
}
