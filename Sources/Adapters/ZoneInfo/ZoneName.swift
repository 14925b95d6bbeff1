/// The names that time zones have in the zone database: `Europe/Berlin`, `America/Argentina/Ushuaia`, `Etc/GMT+1`.
package enum ZoneName {
    /// Bytes that a name may have.
    package static let lengthLimit = 64

    /// Whether a text can be a zone's name, and so cannot lead out of the folder of the zone files.
    ///
    /// Parts with `/` between, of letters, digits, `_`, `+` and `-`; each begins with a capital letter, which keeps out
    /// `posix/`, `right/` and `localtime`.
    package static func isValid(_ name: String) -> Bool {
        guard name.utf8.count <= lengthLimit else { return false }
        return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            part.first.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } == true
                && part.allSatisfy(isNameByte)
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
