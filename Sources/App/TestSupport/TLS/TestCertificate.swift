import COpenSSL
import Glibc

/// A certificate with its key, made for a test.
///
/// Invariant: never changed after `init`, except that OpenSSL counts references, atomically.
package final class TestCertificate: @unchecked Sendable {
    let x509: OpaquePointer
    let key: OpaquePointer

    /// Signs with `issuer`, or with its own key; times are seconds from now.
    package init(
        _ name: String,
        issuer: TestCertificate? = nil,
        sans: String? = "DNS:localhost,IP:127.0.0.1,IP:::1",
        isAuthority: Bool = false,
        from: Int = -3600,
        to: Int = 86_400,
        serial: Int = 1,
        rsaBits: Int? = nil,
        isSHA1: Bool = false
    ) {
        guard let x509 = X509_new(), let key = rsaBits.map(Self.makeRSAKey) ?? Self.makeKey() else {
            preconditionFailure("OpenSSL has no memory")
        }
        (self.x509, self.key) = (x509, key)
        X509_set_version(x509, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(x509), serial)
        X509_gmtime_adj(X509_getm_notBefore(x509), from)
        X509_gmtime_adj(X509_getm_notAfter(x509), to)
        X509_set_pubkey(x509, key)
        let subject = X509_get_subject_name(x509)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0)
        X509_set_issuer_name(x509, issuer.map { X509_get_subject_name($0.x509) } ?? subject)
        if let sans { add(NID_subject_alt_name, sans) }
        add(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE")
        if isAuthority { add(NID_key_usage, "critical,keyCertSign,cRLSign") }
        X509_sign(x509, issuer?.key ?? key, isSHA1 ? EVP_sha1() : EVP_sha256())
    }

    deinit {
        X509_free(x509)
        EVP_PKEY_free(key)
    }

    private func add(_ kind: Int32, _ value: String) {
        guard let made = X509V3_EXT_conf_nid(nil, nil, kind, value) else { return }
        X509_add_ext(x509, made, -1)
        X509_EXTENSION_free(made)
    }

    private static func makeKey() -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_CTX_set_group_name(context, "P-256")
        EVP_PKEY_generate(context, &key)
        return key
    }

    private static func makeRSAKey(_ bits: Int) -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits))
        EVP_PKEY_generate(context, &key)
        return key
    }

    // MARK: Files

    /// Writes the certificate as PEM to a new temporary file and returns its path.
    package func certificateFile() -> String { Self.file { PEM_write_bio_X509($0, x509) } }

    /// Writes the key as PEM to a new temporary file and returns its path.
    package func keyFile() -> String { Self.file { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) } }

    /// Writes the key as PEM, encrypted with a pass phrase, to a new temporary file and returns its path.
    package func encryptedKeyFile() -> String {
        var phrase = Array("secret".utf8)
        return Self.file { PEM_write_bio_PrivateKey($0, key, EVP_aes_128_cbc(), &phrase, 6, nil, nil) }
    }

    /// Writes a revocation list, signed by this authority, with the serial number.
    package func revocationFile(of serial: Int) -> String {
        guard let list = X509_CRL_new(), let revoked = X509_REVOKED_new(), let number = ASN1_INTEGER_new(),
            let now = X509_gmtime_adj(nil, -60), let next = X509_gmtime_adj(nil, 86_400)
        else { return "" }
        defer {
            X509_CRL_free(list)
            ASN1_INTEGER_free(number)
            ASN1_STRING_free(now)
            ASN1_STRING_free(next)
        }
        X509_CRL_set_version(list, 1)
        X509_CRL_set_issuer_name(list, X509_get_subject_name(x509))
        X509_CRL_set1_lastUpdate(list, now)
        X509_CRL_set1_nextUpdate(list, next)
        ASN1_INTEGER_set(number, serial)
        X509_REVOKED_set_serialNumber(revoked, number)
        X509_REVOKED_set_revocationDate(revoked, now)
        X509_CRL_add0_revoked(list, revoked)
        X509_CRL_sort(list)
        X509_CRL_sign(list, key, EVP_sha256())
        return Self.file { PEM_write_bio_X509_CRL($0, list) }
    }

    private static func file(_ write: (OpaquePointer?) -> Int32) -> String {
        var path = Array("/tmp/sentinel-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        precondition(descriptor >= 0, "no temporary file")
        close(descriptor)
        let text = path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        let file = BIO_new_file(text, "w")
        precondition(write(file) == 1, "PEM could not be written")
        BIO_free(file)
        return text
    }
}
