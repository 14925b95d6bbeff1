extension UInt8 {
    /// Whether the byte is allowed in a token: method, field name (RFC 9110 §5.6.2).
    @inline(__always)
    var isTokenCharacter: Bool {
        if self < 64 { return 0x03FF_6CFA_0000_0000 as UInt64 >> UInt64(self) & 1 != 0 }
        return self < 128 && 0x57FF_FFFF_C7FF_FFFE as UInt64 >> UInt64(self - 64) & 1 != 0
    }

    /// Whether the byte is allowed in a field value: visible, blank, tab or beyond ASCII (RFC 9110 §5.5).
    @inline(__always)
    var isFieldValueCharacter: Bool { self >= 32 ? self != 127 : self == 9 }

    /// Space or tab.
    @inline(__always)
    var isBlank: Bool { self == 32 || self == 9 }

    /// The byte with ASCII capitals in lower case.
    @inline(__always)
    var lowercased: UInt8 { self &- 65 < 26 ? self | 32 : self }

    /// The value of a hexadecimal digit; nil for any other byte.
    @inline(__always)
    var hexadecimalValue: UInt8? {
        if self &- 48 < 10 { return self &- 48 }
        let letter = self | 32
        return letter &- 97 < 6 ? letter &- 87 : nil
    }
}
