import Base

/// Normalizes the texts of records, so that expected and received ones can be compared.
enum AnswerText {
    /// Names become lower case without the final dot, TXT loses its quotes, addresses take their shortest form,
    /// hexadecimal digits become lower case without spaces, times become seconds and service parameters are sorted.
    ///
    /// A text that is not valid for its type is returned as it is, or nearly so.
    static func normal(_ text: String, _ type: RecordType) -> String {
        if type == .A || type == .AAAA { return IPAddress(text)?.description ?? text }
        let fields = AnswerFields(text)
        return switch type {
        case .TXT, .SPF: ZoneText.strings(text)?.joined() ?? text
        case .NS, .CNAME, .PTR, .DNAME: fields.text([.name])
        case .MX: fields.text([.number, .name])
        case .SRV: fields.text([.number, .number, .number, .name])
        case .SOA: fields.text([.name, .name, .number, .number, .number, .number, .number])
        case .SSHFP: fields.text([.number, .number], rest: .hex)
        case .DS, .CDS, .TLSA: fields.text([.number, .number, .number], rest: .hex)
        case .DNSKEY, .CDNSKEY: fields.text([.number, .number, .number], rest: .base64)
        case .CAA: fields.text([.number, .word], rest: .string)
        case .URI: fields.text([.number, .number], rest: .string)
        case .HINFO: fields.text([.string, .string])
        case .NAPTR: fields.text([.number, .number, .string, .string, .string, .name])
        case .NSEC: fields.text([.name], rest: .types)
        case .RRSIG:
            fields.text([.type, .number, .number, .number, .time, .time, .number, .name], rest: .base64)
        case .SVCB, .HTTPS: fields.text([.number, .name], rest: .parameters)
        case .A, .AAAA, .ANY: fields.text([])
        }
    }

    /// Why a text cannot be that of a record of the type; nil when it can.
    static func fault(_ text: String, _ type: RecordType) -> String? {
        let count = ZoneText.words(text).count
        switch type {
        case .A where IPAddress(text)?.family != .v4: return "is not an IPv4 address"
        case .AAAA where IPAddress(text)?.family != .v6: return "is not an IPv6 address"
        case .NS, .CNAME, .PTR, .DNAME: return isName(text) ? nil : "is not a name"
        case .MX where count != 2: return "is not written as an MX record: 10 mail.example.org."
        case .SRV where count != 4: return "is not written as an SRV record: 10 5 443 www.example.org."
        case .SOA where count != 7:
            return "is not written as an SOA record: ns1.example.org. admin.example.org. 1 7200 3600 1209600 3600"
        case .TXT, .SPF:
            return text.hasPrefix("\"") && ZoneText.strings(text) == nil ? "has quotes that do not fit" : nil
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
        do throws(DNSName.ParseError) {
            _ = try DNSName.encode(text)
            return true
        } catch {
            return false
        }
    }
}
