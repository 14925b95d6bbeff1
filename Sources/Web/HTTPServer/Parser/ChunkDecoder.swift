/// A strict decoder of the chunked coding (RFC 9112 §7.1); its input may be split anywhere.
///
/// Extensions and trailers are checked for size and characters, then ignored.
package struct ChunkDecoder {
    package enum FramingError: Error, Equatable {
        case malformed
        /// The chunks' sizes add up to more than the limit.
        case tooLarge
    }

    private enum State {
        case size(digits: Int)
        case sizeExtension(Int)
        case sizeLineFeed
        case data
        case dataReturn, dataLineFeed
        /// In a trailer line, after that many of its bytes.
        case trailer(Int)
        case trailerLineFeed, lastLineFeed
        case done
    }

    private var state = State.size(digits: 0)
    private var left = 0
    private var total = 0
    private var trailerBytes = 0
    private let limit: Int

    /// `limit` bounds the decoded length in bytes.
    package init(limit: Int) { self.limit = limit }

    /// Whether the last chunk and its trailers were read.
    package var isDone: Bool { if case .done = state { true } else { false } }

    /// Decodes as much as possible and appends it to `output`; returns the used bytes: all of them unless the body
    /// ended.
    ///
    /// Throws `.malformed` for bytes that violate the coding, and `.tooLarge` when the sizes add up to more than the
    /// limit.
    package mutating func decode(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws(FramingError) -> Int {
        var position = 0
        while position < bytes.count {
            if case .done = state { return position }
            if case .data = state {
                let count = min(left, bytes.count - position)
                bytes.extracting(position..<position + count).withUnsafeBufferPointer { output.append(contentsOf: $0) }
                left -= count
                position += count
                if left == 0 { state = .dataReturn }
            } else {
                try step(bytes[position])
                position += 1
            }
        }
        return position
    }

    private mutating func step(_ byte: UInt8) throws(FramingError) {
        switch state {
        case .size(let digits): try readSize(byte, digits)
        case .sizeExtension(let count):
            if byte == 13 {
                state = .sizeLineFeed
            } else {
                guard count <= 256, byte.isFieldValueCharacter else { throw .malformed }
                state = .sizeExtension(count + 1)
            }
        case .sizeLineFeed: try endSize(byte)
        case .dataReturn: try expect(13, byte, then: .dataLineFeed)
        case .dataLineFeed: try expect(10, byte, then: .size(digits: 0))
        case .trailer(let count):
            trailerBytes += 1
            guard trailerBytes <= 4096 else { throw .malformed }
            if byte == 13 {
                state = count == 0 ? .lastLineFeed : .trailerLineFeed
            } else {
                guard byte.isFieldValueCharacter else { throw .malformed }
                state = .trailer(count + 1)
            }
        case .trailerLineFeed: try expect(10, byte, then: .trailer(0))
        case .lastLineFeed: try expect(10, byte, then: .done)
        case .data, .done: break
        }
    }

    private mutating func expect(_ expected: UInt8, _ byte: UInt8, then next: State) throws(FramingError) {
        guard byte == expected else { throw .malformed }
        state = next
    }

    private mutating func readSize(_ byte: UInt8, _ digits: Int) throws(FramingError) {
        if let value = byte.hexadecimalValue {
            guard digits < 8 else { throw .malformed }
            left = left << 4 | Int(value)
            state = .size(digits: digits + 1)
            return
        }
        guard digits > 0 else { throw .malformed }
        switch byte {
        case 13: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .sizeExtension(0)
        default: throw .malformed
        }
    }

    private mutating func endSize(_ byte: UInt8) throws(FramingError) {
        guard byte == 10 else { throw .malformed }
        guard left <= limit - total else { throw .tooLarge }
        total += left
        state = left == 0 ? .trailer(0) : .data
    }
}
