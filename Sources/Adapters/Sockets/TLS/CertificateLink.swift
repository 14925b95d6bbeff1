package import Base
import COpenSSL

/// One certificate of a chain, with the facts that checks can demand.
package struct CertificateLink: Sendable, Equatable {
    /// RFC 2253 text.
    package let subject: String
    package let notBefore: Timestamp
    package let notAfter: Timestamp
    /// Lower-case hexadecimal of the DER's SHA-256.
    package let sha256: String
    /// Lower-case hexadecimal of the SHA-256 of the public key's DER (SubjectPublicKeyInfo), as pins are written.
    package let spkiSHA256: String
    /// "RSA", "EC", "ED25519".
    package let keyType: String
    package let keyBits: Int
    /// OpenSSL's name: "sha256WithRSAEncryption", "ecdsa-with-SHA256".
    package let signature: String
    /// "SHA256", "SHA1", "MD5"; empty where the signature names no digest.
    package let digest: String
    /// Whether it is self-signed: a root's signature proves nothing.
    package let isSelfSigned: Bool

    private static let limit = 10

    /// The certificates of a chain, leaf first, at most ten.
    static func all(_ chain: OpaquePointer?) -> [CertificateLink] {
        (0..<min(chain.map { OPENSSL_sk_num($0) } ?? 0, Int32(limit))).compactMap { index in
            OPENSSL_sk_value(chain, index).map { CertificateLink(OpaquePointer($0)) }
        }
    }

    private init(_ certificate: OpaquePointer) {
        subject = CertificateReader.text(X509_get_subject_name(certificate))
        notBefore = CertificateReader.time(X509_get0_notBefore(certificate))
        notAfter = CertificateReader.time(X509_get0_notAfter(certificate))
        sha256 = CertificateReader.fingerprint(certificate)
        spkiSHA256 = Self.spki(certificate)
        let key = X509_get0_pubkey(certificate)
        keyType = key.flatMap { EVP_PKEY_get0_type_name($0) }.map { String(cString: $0) } ?? "unknown"
        keyBits = key.map { Int(EVP_PKEY_get_bits($0)) } ?? 0
        signature = OBJ_nid2ln(X509_get_signature_nid(certificate)).map { String(cString: $0) } ?? "unknown"
        var hash: Int32 = NID_undef
        X509_get_signature_info(certificate, &hash, nil, nil, nil)
        digest = hash == NID_undef ? "" : OBJ_nid2sn(hash).map { String(cString: $0) } ?? ""
        isSelfSigned = X509_self_signed(certificate, 0) == 1
        ERR_clear_error()
    }

    private static func spki(_ certificate: OpaquePointer) -> String {
        var der: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der)
        guard count > 0, let der else { return "" }
        defer { CRYPTO_free(der, #file, #line) }
        var digest = [UInt8](repeating: 0, count: 32)
        return EVP_Digest(der, Int(count), &digest, nil, EVP_sha256(), nil) == 1 ? digest.hex : ""
    }
}
