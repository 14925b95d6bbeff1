import Base

/// Normalizes the texts of records, so that expected and received ones can be compared.
enum AnswerText {
    /// Names become lower case without the final dot, TXT loses its quotes, addresses take their shortest form,
    /// hexadecimal digits become lower case without spaces.
    static func normal(_ text: String, _ type: RecordType) -> String {
        switch type {
        case .A: return text
        case .AAAA: return IPAddress(text)?.description ?? text
        case .TXT, .SPF: return strings(text)?.joined() ?? text
        case .NS, .CNAME, .PTR, .DNAME, .MX, .SRV, .SOA: return names(text)
        case .DS, .CDS, .TLSA, .SSHFP: return blob(text, fixed: type == .SSHFP ? 2 : 3).lowercased()
        case .DNSKEY, .CDNSKEY: return blob(text, fixed: 3)
        default: return words(text).joined(separator: " ").replacing("\"", with: "")
        }
    }

    private static func words(_ text: String) -> [Substring] { text.split(separator: " ") }

    private static func names(_ text: String) -> String {
        let parts = words(text).map { $0.count > 1 && $0.hasSuffix(".") ? $0.dropLast() : $0 }
        return parts.joined(separator: " ").lowercased()
    }

    private static func blob(_ text: String, fixed: Int) -> String {
        let parts = words(text)
        return (parts.prefix(fixed) + [Substring(parts.dropFirst(fixed).joined())]).joined(separator: " ")
    }

    /// The quoted strings; nil when the text does not consist of quoted strings.
    private static func strings(_ text: String) -> [String]? {
        guard text.hasPrefix("\"") else { return nil }
        var found: [[UInt8]] = []
        var isInside = false
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            if byte == UInt8(ascii: "\"") {
                if !isInside { found.append([]) }
                isInside.toggle()
            } else if !isInside {
                guard byte == UInt8(ascii: " ") else { return nil }
            } else if byte == UInt8(ascii: "\\") {
                guard let value = escaped(&bytes) else { return nil }
                found[found.count - 1].append(value)
            } else {
                found[found.count - 1].append(byte)
            }
        }
        return isInside ? nil : found.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func escaped(_ bytes: inout String.UTF8View.Iterator) -> UInt8? {
        guard let first = bytes.next() else { return nil }
        guard first &- 48 <= 9 else { return first }
        guard let second = bytes.next(), let third = bytes.next(), second &- 48 <= 9, third &- 48 <= 9 else {
            return nil
        }
        return UInt8(exactly: Int(first - 48) * 100 + Int(second - 48) * 10 + Int(third - 48))
    }

    /// Why a text cannot be that of a record of the type; nil when it can.
    static func fault(_ text: String, _ type: RecordType) -> String? {
        let count = words(text).count
        switch type {
        case .A where IPAddress(text)?.family != .v4: return "is not an IPv4 address"
        case .AAAA where IPAddress(text)?.family != .v6: return "is not an IPv6 address"
        case .NS, .CNAME, .PTR, .DNAME: return isName(text) ? nil : "is not a name"
        case .MX where count != 2: return "is not written as an MX record: 10 mail.example.org."
        case .SRV where count != 4: return "is not written as an SRV record: 10 5 443 www.example.org."
        case .SOA where count != 7:
            return "is not written as an SOA record: ns1.example.org. admin.example.org. 1 7200 3600 1209600 3600"
        case .TXT, .SPF: return text.hasPrefix("\"") && strings(text) == nil ? "has quotes that do not fit" : nil
        case .CAA where count < 3: return "is not written as a CAA record: 0 issue \"ca.example.org\""
        case .NAPTR where count != 6:
            return "is not written as a NAPTR record: 10 100 \"S\" \"SIP+D2U\" \"\" sip.example.org."
        case .DS, .CDS, .TLSA, .DNSKEY, .CDNSKEY:
            return count < 4 ? "is not written as a \(type.rawValue) record: three numbers and the data" : nil
        case .SSHFP where count < 3: return "is not written as an SSHFP record: two numbers and the fingerprint"
        default: return nil
        }
    }

    private static func isName(_ text: String) -> Bool {
        do throws(DNSName.Fault) {
            _ = try DNSName.encode(text)
            return true
        } catch {
            return false
        }
    }
}
