import CHiredis

/// An answer of the server.
package enum RedisValue: Sendable, Equatable {
    case null
    case integer(Int)
    /// A string or a status.
    case bytes([UInt8])
    case array([RedisValue])
    /// An error of the server, as text.
    case error(String)

    /// As text; nil for other values than strings.
    package var text: String? {
        if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
    package var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    package var array: [RedisValue]? { if case .array(let values) = self { values } else { nil } }

    /// A whole number, also one that comes as text.
    package var integer: Int? {
        switch self {
        case .integer(let number): number
        case .bytes(let bytes): Int(String(decoding: bytes, as: UTF8.self))
        case .null, .array, .error: nil
        }
    }

    /// Copies hiredis's answer.
    init(_ reply: UnsafePointer<redisReply>) {
        let value = reply.pointee
        // Invariant: hiredis gives strings `len` bytes, and arrays `elements` answers that are not null.
        switch value.type {
        case REDIS_REPLY_INTEGER: self = .integer(Int(value.integer))
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS:
            self = .bytes(Array(UnsafeRawBufferPointer(start: value.str, count: value.len)))
        case REDIS_REPLY_ERROR:
            let text = UnsafeRawBufferPointer(start: value.str, count: min(value.len, 500))
            self = .error(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: value.element, count: value.elements)
            self = .array(elements.map { element in element.map { RedisValue(UnsafePointer($0)) } ?? .null })
        default: self = .null
        }
    }
}
