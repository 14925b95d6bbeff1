/// Builds compact JSON text without an intermediate tree.
package struct JSONWriter: ~Copyable {
    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    package mutating func object(_ body: (inout Members) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        var members = Members(bytes: bytes)
        bytes = []
        body(&members)
        bytes = members.bytes
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func array(_ body: (inout Elements) -> Void) {
        bytes.append(UInt8(ascii: "["))
        var elements = Elements(bytes: bytes)
        bytes = []
        body(&elements)
        bytes = elements.bytes
        bytes.append(UInt8(ascii: "]"))
    }

    package mutating func value(_ value: JSONValue) { Self.append(value, to: &bytes) }

    /// Writes the members of one object.
    package struct Members {
        fileprivate var bytes: [UInt8]
        private var isFirst = true

        fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

        private mutating func key(_ key: String) {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONWriter.append(string: key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
        }

        package mutating func member(_ name: String, _ value: String?) {
            key(name)
            if let value { JSONWriter.append(string: value, to: &bytes) } else { bytes.append("null") }
        }
        package mutating func member(_ name: String, _ value: Int64?) {
            key(name)
            if let value { bytes.append(decimal: Int(value)) } else { bytes.append("null") }
        }
        package mutating func member(_ name: String, _ value: Int?) { member(name, value.map(Int64.init)) }
        package mutating func member(_ name: String, _ value: Bool?) {
            key(name)
            if let value { bytes.append(value ? "true" : "false") } else { bytes.append("null") }
        }
        package mutating func member(_ name: String, _ value: Double?) {
            key(name)
            if let value { JSONWriter.append(number: value, to: &bytes) } else { bytes.append("null") }
        }
        package mutating func member(_ name: String, _ value: Timestamp?) { member(name, value?.description) }
        package mutating func member(_ name: String, _ value: JSONValue) {
            key(name)
            JSONWriter.append(value, to: &bytes)
        }
        package mutating func object(_ name: String, _ body: (inout Members) -> Void) {
            key(name)
            nested { writer in writer.object(body) }
        }
        package mutating func array(_ name: String, _ body: (inout Elements) -> Void) {
            key(name)
            nested { writer in writer.array(body) }
        }

        private mutating func nested(_ body: (inout JSONWriter) -> Void) {
            var writer = JSONWriter(reserving: 0)
            swap(&writer.bytes, &bytes)
            body(&writer)
            swap(&writer.bytes, &bytes)
        }
    }

    /// Writes the elements of one array.
    package struct Elements {
        fileprivate var bytes: [UInt8]
        private var isFirst = true

        fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

        package mutating func element(_ value: JSONValue) {
            separate()
            JSONWriter.append(value, to: &bytes)
        }
        package mutating func object(_ body: (inout Members) -> Void) {
            separate()
            var writer = JSONWriter(reserving: 0)
            swap(&writer.bytes, &bytes)
            writer.object(body)
            swap(&writer.bytes, &bytes)
        }

        private mutating func separate() {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
        }
    }
}

extension JSONWriter {
    /// Appends a quoted string; control characters, quotes and backslashes are escaped, all else stays UTF-8.
    package static func append(string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append("\\\"")
            case UInt8(ascii: "\\"): bytes.append("\\\\")
            case 10: bytes.append("\\n")
            case 13: bytes.append("\\r")
            case 9: bytes.append("\\t")
            case 0..<32, 127:
                bytes.append("\\u00")
                bytes.append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 48 + $0 : 87 + $0 })
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a number in its shortest exact form; null for what JSON cannot represent.
    package static func append(number: Double, to bytes: inout [UInt8]) {
        guard number.isFinite else { return bytes.append("null") }
        if number == number.rounded(), abs(number) < 1e15 { return bytes.append(decimal: Int(number)) }
        bytes.append(number.description)
    }

    package static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append("null")
        case .bool(let value): bytes.append(value ? "true" : "false")
        case .integer(let value): bytes.append(decimal: Int(value))
        case .number(let value): append(number: value, to: &bytes)
        case .string(let value): append(string: value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(string: member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONValue: CustomStringConvertible {
    /// Compact JSON text.
    package var description: String {
        var bytes: [UInt8] = []
        JSONWriter.append(self, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
