import TestSupport

/// An echo request as the kernel sent it, and each host's answers to it.
struct EchoRequest {
    let packet: [UInt8]
    private let isV6: Bool
    private var headerSize: Int { isV6 ? 40 : 20 }
    private var message: [UInt8] { Array(packet[headerSize...]) }
    private var source: [UInt8] { isV6 ? Array(packet[8..<24]) : Array(packet[12..<16]) }
    private var target: [UInt8] { isV6 ? Array(packet[24..<40]) : Array(packet[16..<20]) }

    /// nil for a packet that is not an echo request.
    init?(_ packet: [UInt8]) {
        guard let first = packet.first else { return nil }
        isV6 = first >> 4 == 6
        self.packet = packet
        guard packet.count >= headerSize + 16 else { return nil }
        guard packet[isV6 ? 6 : 9] == (isV6 ? 58 : 1), packet[headerSize] == (isV6 ? 128 : 8) else { return nil }
    }

    /// The answers, by the last part of the address.
    var answers: [[UInt8]] {
        switch target.last ?? 0 {
        case 2: [reply()]
        case 4: [fault(isV6 ? (1, 3) : (3, 1))]
        case 5: [fault(isV6 ? (3, 0) : (11, 0))]
        case 6: [reply(), reply(), reply()]
        case 7: strangers
        case 8: [reply { $0[$0.count - 1] ^= 0xFF }]
        case 9: packet[headerSize + 8] & 1 == 0 ? [reply()] : []
        case 10: strangers + [reply()] + strangers
        case 11: delayed([reply()])
        case 12: [fault(isV6 ? (1, 1) : (3, 13))]
        case 13: [fault((3, 0), quoting: headerSize + 8)]
        case 14: [reply { $0.removeLast(8) }]
        default: []
        }
    }

    /// Replies that look right but belong to no request.
    private var strangers: [[UInt8]] {
        [
            reply { $0[6] ^= 0xFF }, reply { $0[4] ^= 0xFF }, reply { $0[8] ^= 0xFF },
            reply { $0.removeLast($0.count - 8) },
            reply { $0[0] = isV6 ? 128 : 8 }, reply { $0[1] = 7 },
            reply(from: target.dropLast() + [99]), fault(isV6 ? (1, 3) : (3, 1)) { $0[4] ^= 0xFF },
            fault(isV6 ? (1, 3) : (3, 1)) { $0[6] ^= 0xFF }, fault(isV6 ? (1, 3) : (3, 1)) { $0[9] ^= 0xFF },
        ]
    }

    private func delayed(_ answers: [[UInt8]]) -> [[UInt8]] {
        usleepMilliseconds(30)
        return answers
    }

    private func reply(from sender: [UInt8]? = nil, _ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
        var message = message
        message[0] = isV6 ? 129 : 0
        change(&message)
        return wrap(message, from: sender ?? target)
    }

    /// A router's ICMP error that contains the packet; `change` alters the quoted ICMP message.
    private func fault(
        _ kind: (type: UInt8, code: UInt8),
        quoting count: Int? = nil,
        _ change: (inout [UInt8]) -> Void = { _ in }
    ) -> [UInt8] {
        var quoted = message
        change(&quoted)
        let whole = packet[..<headerSize] + quoted
        let message = [kind.type, kind.code, 0, 0, 0, 0, 0, 0] + whole.prefix(count ?? whole.count)
        return wrap(message, from: target.dropLast() + [254])
    }

    // MARK: Bytes

    private func wrap(_ message: [UInt8], from sender: [UInt8]) -> [UInt8] {
        var message = message
        message[2] = 0
        message[3] = 0
        let pseudo = isV6 ? sender + source + [0, 0] + big(message.count) + [0, 0, 0, 58] : []
        let sum = Self.checksum(pseudo + message)
        message[2] = sum[0]
        message[3] = sum[1]
        if isV6 { return [0x60, 0, 0, 0] + big(message.count) + [58, 57] + sender + source + message }
        var header = [0x45, 0] + big(20 + message.count) + [0, 0, 0, 0, 57, 1, 0, 0] + sender + source
        let headerSum = Self.checksum(header)
        header[10] = headerSum[0]
        header[11] = headerSum[1]
        return header + message
    }

    private func big(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var sum = 0
        for (index, byte) in bytes.enumerated() { sum += index.isMultiple(of: 2) ? Int(byte) << 8 : Int(byte) }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return [UInt8(~sum >> 8 & 255), UInt8(~sum & 255)]
    }
}
