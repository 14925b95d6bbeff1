import CIDN2

/// Host names with letters beyond ASCII.
package enum InternationalName {
    /// Why a name cannot be converted; for people.
    package struct ConversionError: Error, Sendable, Equatable {
        package let reason: String
    }

    /// The ASCII form of a name for name servers (IDNA 2008 with the mapping of UTS 46); ASCII names stay as they are.
    package static func ascii(_ name: String) throws(ConversionError) -> String {
        guard !name.utf8.allSatisfy({ $0 < 128 }) else { return name }
        var found: UnsafeMutablePointer<UInt8>?
        let flags = Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
        let code = idn2_lookup_u8(name, &found, flags)
        defer { idn2_free(found) }
        guard code == IDN2_OK.rawValue, let found else {
            throw ConversionError(reason: idn2_strerror(code).map { String(cString: $0) } ?? "it cannot be converted")
        }
        return String(cString: found)
    }
}
