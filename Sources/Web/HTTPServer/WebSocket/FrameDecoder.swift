/// Decodes the client's frames and joins fragments (RFC 6455 §5), strictly.
package struct FrameDecoder {
    package enum Event: Equatable {
        /// The next frame is not complete.
        case incomplete
        /// A fragment or a pong: nothing to do.
        case none
        case message(WebSocket.Message)
        case ping([UInt8])
        /// The peer closes with this code; 1005 when it sent none.
        case close(UInt16)
        /// The peer violated the protocol; close with this code.
        case failed(UInt16)
    }

    private struct Header {
        var isFinal: Bool
        var opcode: UInt8
        /// Where the mask begins.
        var maskStart: Int
        var length: Int
    }

    private var fragments: [UInt8]?
    private var isText = false
    private let limit: Int

    /// `limit` is the largest message in bytes, with its fragments joined.
    package init(limit: Int) { self.limit = limit }

    /// Decodes the frame at the start of `bytes` and returns how many bytes it used.
    package mutating func decode(_ bytes: Span<UInt8>) -> (event: Event, count: Int) {
        let header: Header
        switch Self.header(bytes) {
        case .success(let found?): header = found
        case .success(nil): return (.incomplete, 0)
        case .failure(let failure): return (.failed(failure.code), 0)
        }
        let isControl = header.opcode >= 8
        if !isControl, header.length > limit - (fragments?.count ?? 0) { return (.failed(1009), 0) }
        let count = header.maskStart + 4 + header.length
        guard bytes.count >= count else { return (.incomplete, 0) }
        let payload = Self.unmask(bytes, header)
        return (isControl ? Self.control(header.opcode, payload) : data(header, payload), count)
    }

    private struct ProtocolError: Error { let code: UInt16 }

    /// The header; nil when it is not complete.
    private static func header(_ bytes: Span<UInt8>) -> Result<Header?, ProtocolError> {
        guard bytes.count >= 2 else { return .success(nil) }
        let (first, second) = (bytes[0], bytes[1])
        let (opcode, isFinal, short) = (first & 15, first & 0x80 != 0, Int(second & 127))
        // Reserved bits need extensions, and a client's frames must be masked.
        guard first & 0x70 == 0, second & 0x80 != 0, [0, 1, 2, 8, 9, 10].contains(opcode) else {
            return .failure(ProtocolError(code: 1002))
        }
        if opcode >= 8, !isFinal || short > 125 { return .failure(ProtocolError(code: 1002)) }
        let extra = short == 126 ? 2 : short == 127 ? 8 : 0
        guard bytes.count >= 2 + extra else { return .success(nil) }
        var length = UInt64(short)
        if extra > 0 {
            length = 0
            for index in 2..<2 + extra { length = length << 8 | UInt64(bytes[index]) }
            // The shortest form is required (§5.2), and the top bit must be clear.
            guard length >= (extra == 2 ? 126 : 65_536), length <= UInt64(Int64.max) else {
                return .failure(ProtocolError(code: 1002))
            }
        }
        return .success(
            Header(isFinal: isFinal, opcode: opcode, maskStart: 2 + extra, length: Int(length))
        )
    }

    private static func unmask(_ bytes: Span<UInt8>, _ header: Header) -> [UInt8] {
        let start = header.maskStart
        let mask = [bytes[start], bytes[start + 1], bytes[start + 2], bytes[start + 3]]
        let wide = mask.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let key = UInt64(wide) | UInt64(wide) << 32
        let payload = bytes.extracting(start + 4..<start + 4 + header.length)
        return payload.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
                let target = UnsafeMutableRawBufferPointer(target)
                var index = 0
                while index + 8 <= source.count {
                    let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    target.storeBytes(of: word ^ key, toByteOffset: index, as: UInt64.self)
                    index += 8
                }
                while index < source.count {
                    target[index] = source[index] ^ mask[index & 3]
                    index += 1
                }
                count = source.count
            }
        }
    }

    private mutating func data(_ header: Header, _ payload: [UInt8]) -> Event {
        if header.opcode == 0 {
            guard fragments != nil else { return .failed(1002) }
            fragments?.append(contentsOf: payload)
            return header.isFinal ? message(fragments.take() ?? []) : .none
        }
        guard fragments == nil else { return .failed(1002) }
        isText = header.opcode == 1
        if header.isFinal { return message(payload) }
        fragments = payload
        return .none
    }

    private func message(_ bytes: [UInt8]) -> Event {
        guard isText else { return .message(.binary(bytes)) }
        return String(validating: bytes, as: UTF8.self).map { .message(.text($0)) } ?? .failed(1007)
    }

    private static func control(_ opcode: UInt8, _ payload: [UInt8]) -> Event {
        switch opcode {
        case 9: return .ping(payload)
        case 10: return .none
        default: break
        }
        if payload.isEmpty { return .close(1005) }
        guard payload.count >= 2 else { return .failed(1002) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        let isValid =
            (1000...1014).contains(code) && ![1004, 1005, 1006].contains(code) || (3000...4999).contains(code)
        guard isValid else { return .failed(1002) }
        return String(validating: payload[2...], as: UTF8.self) == nil ? .failed(1007) : .close(code)
    }
}
