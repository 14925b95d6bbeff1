import Base
import COpenSSL
import Checks

/// Reads the facts of OpenSSL's certificates.
enum CertificateReader {
    private static let chainLimit = 10
    private static let nameLimit = 100
    /// XN_FLAG_RFC2253, a macro that Swift cannot import, without ASN1_STRFLGS_ESC_MSB, so that UTF-8 is not escaped.
    private static let nameFlags: UInt = 0x0111_0313

    /// The facts of a leaf certificate and of the issuers sent with it; nil without a leaf.
    ///
    /// Issuers that verification did not use are omitted: nobody depends on them. `verified` is nil when verification
    /// failed; then all issuers that were sent are included.
    static func facts(
        leaf: OpaquePointer?,
        presented: OpaquePointer?,
        verified: OpaquePointer?,
        problem: String?
    ) -> CertificateFacts? {
        guard let leaf else { return nil }
        let link = link(leaf)
        var chain: [CertificateFacts.Link] = []
        for index in 0..<min(presented.map { OPENSSL_sk_num($0) } ?? 0, Int32(chainLimit)) {
            guard let raw = OPENSSL_sk_value(presented, index) else { continue }
            let certificate = OpaquePointer(raw)
            guard certificate != leaf, X509_cmp(certificate, leaf) != 0 else { continue }
            if let verified, !holds(verified, certificate) { continue }
            chain.append(Self.link(certificate))
        }
        return CertificateFacts(
            subject: link.subject,
            issuer: link.issuer,
            sans: names(leaf),
            notBefore: link.notBefore,
            notAfter: link.notAfter,
            sha256: link.sha256,
            valid: problem == nil,
            problem: problem,
            chain: chain
        )
    }

    private static func holds(_ chain: OpaquePointer, _ certificate: OpaquePointer) -> Bool {
        (0..<OPENSSL_sk_num(chain)).contains { index in
            OPENSSL_sk_value(chain, index).map { X509_cmp(OpaquePointer($0), certificate) == 0 } ?? false
        }
    }

    private static func link(_ certificate: OpaquePointer) -> CertificateFacts.Link {
        CertificateFacts.Link(
            subject: text(X509_get_subject_name(certificate)),
            issuer: text(X509_get_issuer_name(certificate)),
            notBefore: time(X509_get0_notBefore(certificate)),
            notAfter: time(X509_get0_notAfter(certificate)),
            sha256: fingerprint(certificate)
        )
    }

    static func text(_ name: OpaquePointer?) -> String {
        guard let name, let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        X509_NAME_print_ex(memory, name, 0, nameFlags)
        var start: UnsafeMutableRawPointer?
        let count = BIO_ctrl(memory, BIO_CTRL_INFO, 0, &start)
        guard let start, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: min(count, 1024)), as: UTF8.self)
    }

    static func time(_ value: UnsafePointer<ASN1_TIME>?) -> Timestamp {
        var (days, seconds) = (Int32(0), Int32(0))
        guard let value, let epoch = ASN1_TIME_set(nil, 0) else { return Timestamp(milliseconds: 0) }
        defer { ASN1_STRING_free(epoch) }
        guard ASN1_TIME_diff(&days, &seconds, epoch, value) == 1 else { return Timestamp(milliseconds: 0) }
        return Timestamp(milliseconds: (Int64(days) * 86_400 + Int64(seconds)) * 1000)
    }

    /// Lower-case hexadecimal SHA-256 of the whole certificate.
    static func fingerprint(_ certificate: OpaquePointer) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        return X509_digest(certificate, EVP_sha256(), &digest, nil) == 1 ? digest.hex : ""
    }

    private static func names(_ certificate: OpaquePointer) -> [String] {
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let list = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(list) }
        var found: [String] = []
        for index in 0..<min(OPENSSL_sk_num(list), Int32(nameLimit)) {
            guard let item = OPENSSL_sk_value(list, index) else { continue }
            var kind: Int32 = 0
            guard let value = GENERAL_NAME_get0_value(item.assumingMemoryBound(to: GENERAL_NAME.self), &kind) else {
                continue
            }
            guard [GEN_DNS, GEN_IPADD, GEN_URI, GEN_EMAIL].contains(kind) else { continue }
            let string = value.assumingMemoryBound(to: ASN1_STRING.self)
            let bytes = UnsafeBufferPointer(
                start: ASN1_STRING_get0_data(string),
                count: Int(ASN1_STRING_length(string))
            )
            found.append(kind == GEN_IPADD ? address(bytes) : String(decoding: bytes.prefix(512), as: UTF8.self))
        }
        return found
    }

    private static func address(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        func number(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: return IPAddress(v4: UInt32(number(bytes[...]))).description
        case 16: return IPAddress(v6: number(bytes[..<8]), number(bytes[8...])).description
        default: return ""
        }
    }
}
