/// The names that time zones have in the zone database: `Europe/Berlin`, `America/Argentina/Ushuaia`, `Etc/GMT+1`.
package enum ZoneName {
    /// The longest name in bytes.
    package static let lengthLimit = 64

    /// Whether a text can be the name of a zone; such a name cannot lead out of the folder of the zone files.
    ///
    /// Parts separated by `/`, of letters, digits, `_`, `+` and `-`; each begins with a capital letter, which excludes
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
