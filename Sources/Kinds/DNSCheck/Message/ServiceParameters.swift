import Base

/// The parameters of SVCB and HTTPS records in zone file format (RFC 9460 §2.1).
enum ServiceParameters {
    private static let names = [
        "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath",
    ]

    /// Appends ` key=value` for each; throws when keys are out of order or a value is invalid for its key.
    static func append(_ data: inout MessageReader, to text: inout [UInt8]) throws(DNSMessageError) {
        var last = -1
        while !data.isAtEnd {
            let key = Int(try data.u16())
            guard key > last else { throw malformed }
            last = key
            var value = try data.part(Int(try data.u16()))
            RecordText.space(&text)
            text.append(name(key))
            if key != 2, !value.isAtEnd || key < 8 {
                text.append(UInt8(ascii: "="))
                try append(key, &value, &text)
            }
            guard value.isAtEnd else { throw malformed }
        }
    }

    private static var malformed: DNSMessageError { .data(type: RecordType.SVCB.number) }

    /// "alpn" for 1, "key666" for a key without a name here.
    static func name(_ key: Int) -> String { key < names.count ? names[key] : "key\(key)" }

    /// The key with a name in lower case; nil when the text is none.
    static func number(of name: String) -> Int? {
        if let known = names.firstIndex(of: name) { return known }
        return name.hasPrefix("key") ? UInt16(name.dropFirst(3)).map(Int.init) : nil
    }

    private static func append(_ key: Int, _ value: inout MessageReader, _ text: inout [UInt8]) throws(DNSMessageError)
    {
        switch key {
        case 0:
            try list(&value, &text) { (value, text) throws(DNSMessageError) in text.append(name(Int(try value.u16()))) }
        case 1:
            try list(&value, &text) { (value, text) throws(DNSMessageError) in
                for byte in try value.take(Int(try value.u8())) {
                    if (33...126).contains(byte), ![34, 44, 92].contains(byte) {
                        text.append(byte)
                    } else {
                        text.append(escaped: byte)
                    }
                }
            }
        case 3: text.append(decimal: Int(try value.u16()))
        case 4:
            try list(&value, &text) { (value, text) throws(DNSMessageError) in try RecordText.address(4, &value, &text)
            }
        case 6:
            try list(&value, &text) { (value, text) throws(DNSMessageError) in try RecordText.address(16, &value, &text)
            }
        case 5: text.append([UInt8](value.rest()).base64())
        default: RecordText.quoted(value.rest(), &text)
        }
    }

    private static func list(
        _ value: inout MessageReader,
        _ text: inout [UInt8],
        _ element: (inout MessageReader, inout [UInt8]) throws(DNSMessageError) -> Void
    ) throws(DNSMessageError) {
        repeat {
            try element(&value, &text)
            if !value.isAtEnd { text.append(UInt8(ascii: ",")) }
        } while !value.isAtEnd
    }
}
