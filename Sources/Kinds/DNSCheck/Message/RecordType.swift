/// The record types that can be queried (IANA, "Resource Record (RR) TYPEs").
package enum RecordType: String, Sendable, CaseIterable {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case A, AAAA, CAA, CDNSKEY, CDS, CNAME, DNAME, DNSKEY, DS, HINFO, HTTPS, MX, NAPTR, NS, NSEC, PTR, RRSIG, SOA
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case SPF, SRV, SSHFP, SVCB, TLSA, TXT, URI, ANY

    /// The number in messages.
    package var number: UInt16 {
        switch self {
        case .A: 1
        case .NS: 2
        case .CNAME: 5
        case .SOA: 6
        case .PTR: 12
        case .HINFO: 13
        case .MX: 15
        case .TXT: 16
        case .AAAA: 28
        case .SRV: 33
        case .NAPTR: 35
        case .DNAME: 39
        case .DS: 43
        case .SSHFP: 44
        case .RRSIG: 46
        case .NSEC: 47
        case .DNSKEY: 48
        case .TLSA: 52
        case .CDS: 59
        case .CDNSKEY: 60
        case .SVCB: 64
        case .HTTPS: 65
        case .SPF: 99
        case .ANY: 255
        case .URI: 256
        case .CAA: 257
        }
    }

    /// The type with a number; nil for a type without a case here.
    init?(number: UInt16) {
        guard let known = Self.byNumber[number] else { return nil }
        self = known
    }

    /// "A" for 1, "TYPE65280" for a type without a case here (RFC 3597 §5).
    static func name(of number: UInt16) -> String { byNumber[number]?.rawValue ?? others[number] ?? "TYPE\(number)" }

    /// 1 for "A" and "TYPE1", in any case; nil when the text names no type.
    static func number(named name: String) -> UInt16? {
        let name = name.uppercased()
        if let known = numbers[name] { return known }
        return name.hasPrefix("TYPE") ? UInt16(name.dropFirst(4)) : nil
    }

    private static let byNumber = Dictionary(uniqueKeysWithValues: allCases.map { ($0.number, $0) })

    /// Types that cannot be queried, but that NSEC records list and RRSIG records sign.
    private static let others: [UInt16: String] = [
        17: "RP", 18: "AFSDB", 24: "SIG", 25: "KEY", 29: "LOC", 36: "KX", 37: "CERT", 42: "APL", 45: "IPSECKEY",
        49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 53: "SMIMEA", 55: "HIP", 61: "OPENPGPKEY", 62: "CSYNC",
        63: "ZONEMD", 108: "EUI48", 109: "EUI64",
    ]

    private static let numbers: [String: UInt16] = {
        let known = allCases.map { ($0.rawValue, $0.number) } + others.map { ($0.value, $0.key) }
        return Dictionary(uniqueKeysWithValues: known)
    }()
}

/// The response codes of a server (IANA, "DNS RCODEs").
package enum ResponseCode: String, Sendable, CaseIterable {
    case noError = "NOERROR"
    case formatError = "FORMERR"
    case serverFailure = "SERVFAIL"
    case noSuchName = "NXDOMAIN"
    case notImplemented = "NOTIMP"
    case refused = "REFUSED"
    case notAuthoritative = "NOTAUTH"

    /// The number in messages.
    var number: UInt16 {
        switch self {
        case .noError: 0
        case .formatError: 1
        case .serverFailure: 2
        case .noSuchName: 3
        case .notImplemented: 4
        case .refused: 5
        case .notAuthoritative: 9
        }
    }

    /// The usual name, or "RCODE16".
    static func name(of number: UInt16) -> String {
        allCases.first { $0.number == number }?.rawValue ?? others[number] ?? "RCODE\(number)"
    }

    private static let others: [UInt16: String] = [
        6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET", 10: "NOTZONE", 16: "BADVERS", 23: "BADCOOKIE",
    ]
}
