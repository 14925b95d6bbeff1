import Base

/// The data of records in zone file format (RFC 1035 §5.1, and the RFC of each type).
enum RecordText {
    /// Appends the text of a record's data, which must be all that the reader has left.
    static func append(_ number: UInt16, _ data: inout MessageReader, to text: inout [UInt8]) throws(DNSMessageError) {
        guard let type = RecordType(number: number) else { return unknown(&data, &text) }
        do throws(DNSMessageError) {
            try known(type, &data, &text)
        } catch .short {
            throw .data(type: number)
        }
        guard data.isAtEnd else { throw .data(type: number) }
    }

    private static func known(
        _ type: RecordType,
        _ data: inout MessageReader,
        _ text: inout [UInt8]
    ) throws(DNSMessageError) {
        switch type {
        case .A: try address(4, &data, &text)
        case .AAAA: try address(16, &data, &text)
        case .NS, .CNAME, .PTR, .DNAME: try data.appendName(to: &text)
        case .MX: try numbers([2], &data, &text, then: .name)
        case .SRV: try numbers([2, 2, 2], &data, &text, then: .name)
        case .SOA: try start(&data, &text)
        case .TXT, .SPF, .HINFO: try strings(&data, &text)
        case .CAA: try authority(&data, &text)
        case .NAPTR: try pointer(&data, &text)
        case .TLSA: try numbers([1, 1, 1], &data, &text, then: .hex)
        case .SSHFP: try numbers([1, 1], &data, &text, then: .hex)
        case .DS, .CDS: try numbers([2, 1, 1], &data, &text, then: .hex)
        case .DNSKEY, .CDNSKEY: try numbers([2, 1, 1], &data, &text, then: .base64)
        case .URI: try numbers([2, 2], &data, &text, then: .quoted)
        case .RRSIG: try signature(&data, &text)
        case .NSEC: try nextName(&data, &text)
        case .SVCB, .HTTPS:
            try numbers([2], &data, &text, then: .name)
            try ServiceParameters.append(&data, to: &text)
        case .ANY: unknown(&data, &text)
        }
    }

    /// RFC 3597 §5.
    private static func unknown(_ data: inout MessageReader, _ text: inout [UInt8]) {
        text.append("\\# ")
        text.append(decimal: data.left)
        if !data.isAtEnd { space(&text) }
        text.append([UInt8](data.rest()).hex)
    }

    // MARK: Parts

    private enum Tail { case name, hex, base64, quoted }

    static func space(_ text: inout [UInt8]) { text.append(UInt8(ascii: " ")) }

    private static func numbers(
        _ sizes: [Int],
        _ data: inout MessageReader,
        _ text: inout [UInt8],
        then tail: Tail
    ) throws(DNSMessageError) {
        for size in sizes {
            text.append(decimal: size == 1 ? Int(try data.u8()) : Int(try data.u16()))
            space(&text)
        }
        switch tail {
        case .name: try data.appendName(to: &text)
        case .hex: text.append([UInt8](data.rest()).hex)
        case .base64: text.append([UInt8](data.rest()).base64())
        case .quoted: quoted(data.rest(), &text)
        }
    }

    static func address(_ size: Int, _ data: inout MessageReader, _ text: inout [UInt8]) throws(DNSMessageError) {
        let bytes = try data.take(size)
        if size == 4 {
            for (index, byte) in bytes.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ".")) }
                text.append(decimal: Int(byte))
            }
        } else {
            let high = bytes.loadUnaligned(as: UInt64.self)
            let low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            text.append(IPAddress(v6: UInt64(bigEndian: high), UInt64(bigEndian: low)).description)
        }
    }

    private static func start(_ data: inout MessageReader, _ text: inout [UInt8]) throws(DNSMessageError) {
        try data.appendName(to: &text)
        space(&text)
        try data.appendName(to: &text)
        for _ in 0..<5 {
            space(&text)
            text.append(decimal: Int(try data.u32()))
        }
    }

    /// The serial number in the text of an SOA record.
    static func serial(ofStart text: String) -> UInt32? {
        let parts = text.split(separator: " ")
        return parts.count == 7 ? UInt32(parts[2]) : nil
    }

    private static func strings(_ data: inout MessageReader, _ text: inout [UInt8]) throws(DNSMessageError) {
        repeat {
            quoted(try data.take(Int(try data.u8())), &text)
            if !data.isAtEnd { space(&text) }
        } while !data.isAtEnd
    }

    /// Appends a quoted text.
    static func quoted(_ bytes: UnsafeRawBufferPointer, _ text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case 32...126: text.append(byte)
            default: text.append(escaped: byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    private static func authority(_ data: inout MessageReader, _ text: inout [UInt8]) throws(DNSMessageError) {
        text.append(decimal: Int(try data.u8()))
        space(&text)
        let tag = try data.take(Int(try data.u8()))
        guard !tag.isEmpty, tag.allSatisfy({ $0 &- 48 <= 9 || ($0 | 32) &- 97 < 26 }) else {
            throw .data(type: RecordType.CAA.number)
        }
        text.append(contentsOf: tag)
        space(&text)
        quoted(data.rest(), &text)
    }

    private static func pointer(_ data: inout MessageReader, _ text: inout [UInt8]) throws(DNSMessageError) {
        for _ in 0..<2 {
            text.append(decimal: Int(try data.u16()))
            space(&text)
        }
        for _ in 0..<3 {
            quoted(try data.take(Int(try data.u8())), &text)
            space(&text)
        }
        try data.appendName(to: &text)
    }

    private static func signature(_ data: inout MessageReader, _ text: inout [UInt8]) throws(DNSMessageError) {
        text.append(RecordType.name(of: try data.u16()))
        space(&text)
        for _ in 0..<2 {
            text.append(decimal: Int(try data.u8()))
            space(&text)
        }
        // Expiration and inception in seconds, as RFC 4034 §3.2 allows.
        for _ in 0..<3 {
            text.append(decimal: Int(try data.u32()))
            space(&text)
        }
        try numbers([2], &data, &text, then: .name)
        space(&text)
        text.append([UInt8](data.rest()).base64())
    }

    /// RFC 4034 §4.
    private static func nextName(_ data: inout MessageReader, _ text: inout [UInt8]) throws(DNSMessageError) {
        try data.appendName(to: &text)
        var last = -1
        while !data.isAtEnd {
            let window = Int(try data.u8())
            let bits = try data.take(Int(try data.u8()))
            guard window > last, (1...32).contains(bits.count) else { throw .data(type: RecordType.NSEC.number) }
            last = window
            for index in 0..<bits.count * 8 where bits[index / 8] & (0x80 >> UInt8(index % 8)) != 0 {
                space(&text)
                text.append(RecordType.name(of: UInt16(window << 8 | index)))
            }
        }
    }
}
