import Base
import COpenSSL
import Glibc

/// One non-blocking TLS connection over a socket that it does not own.
///
/// Not Sendable: confined to its loop. The record must outlive it.
final class TLSSession {
    private let handle: OpaquePointer
    private(set) var isEstablished = false

    /// The result of a step.
    enum Step {
        /// Done, with the number of bytes.
        case done(Int)
        /// Try again when the socket is readable or writable.
        case wait
        /// The peer sent close-notify.
        case ended
        case failed(TLSError)
    }

    /// Sets a connection up; throws a message about anything that cannot be used.
    init(
        _ context: TLSContext,
        _ options: TLSOptions,
        store: OpaquePointer?,
        record: TLSRecord,
        descriptor: Int32
    ) throws(TLSSetupError) {
        guard let handle = SSL_new(context.handle) else { throw TLSSetupError("OpenSSL has no memory") }
        self.handle = handle
        let name = Self.hostName(options.name)
        record.reset(host: name, verifies: options.verifies, wantsLinks: options.wantsLinks)
        record.attach(toConnection: handle, store: store)
        guard SSL_set_fd(handle, descriptor) == 1 else { throw TLSSetupError("OpenSSL has no memory") }
        if IPAddress(name) == nil { Self.setServerName(handle, name) }
        if options.offersOld {
            SSL_set_security_level(handle, 0)
            SSL_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil)
            // Not those without a certificate: whoever is in between could answer with one of them.
            SSL_set_cipher_list(handle, "ALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0")
        }
        if options.wantsStaple {
            SSL_ctrl(handle, SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, Int(TLSEXT_STATUSTYPE_ocsp), nil)
        }
        let offer = options.protocols.filter { (1...255).contains($0.utf8.count) }
        if !offer.isEmpty {
            let list = offer.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            SSL_set_alpn_protos(handle, list, UInt32(list.count))
        }
        SSL_set_connect_state(handle)
        try useCertificate(options)
    }

    deinit { SSL_free(handle) }

    /// A name without its final dot: certificates and SNI have none.
    private static func hostName(_ name: String) -> String {
        name.hasSuffix(".") ? String(name.dropLast()) : IPAddress(name)?.description ?? name
    }

    private static func setServerName(_ handle: OpaquePointer, _ name: String) {
        name.withCString { text in
            // The macro SSL_set_tlsext_host_name; OpenSSL copies the text.
            let raw = UnsafeMutableRawPointer(mutating: text)
            SSL_ctrl(handle, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), raw)
        }
    }

    private func useCertificate(_ options: TLSOptions) throws(TLSSetupError) {
        guard let certificate = options.clientCertificate else { return }
        let key = options.clientKey ?? certificate
        defer { ERR_clear_error() }
        for path in [certificate, key] where access(path, R_OK) != 0 {
            throw TLSSetupError("the file \(path) cannot be read")
        }
        guard SSL_use_certificate_chain_file(handle, certificate) == 1 else {
            throw TLSSetupError("the file \(certificate) holds no certificate")
        }
        guard SSL_use_PrivateKey_file(handle, key, SSL_FILETYPE_PEM) == 1, SSL_check_private_key(handle) == 1 else {
            throw TLSSetupError("the file \(key) holds no key for the client certificate, or one with a pass phrase")
        }
    }

    // MARK: Steps

    /// Continues the handshake.
    func handshake() -> Step {
        ERR_clear_error()
        let result = SSL_do_handshake(handle)
        if result == 1 {
            isEstablished = true
            return .done(0)
        }
        return step(after: result)
    }

    /// Reads the available bytes.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        ERR_clear_error()
        let count = SSL_read(handle, buffer.baseAddress, Int32(clamping: buffer.count))
        return count > 0 ? .done(Int(count)) : step(after: count)
    }

    /// Writes as much as fits; the caller must pass the rest again.
    func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        ERR_clear_error()
        let count = SSL_write(handle, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .done(Int(count)) : step(after: count)
    }

    /// Sends close-notify.
    func sendCloseNotify() {
        ERR_clear_error()
        SSL_shutdown(handle)
        ERR_clear_error()
    }

    private func step(after result: Int32) -> Step {
        let code = errno
        switch SSL_get_error(handle, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wait
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL: return .failed(TLSError(systemError: code, reason: 0, text: nil))
        default:
            let error = ERR_peek_last_error()
            let text = ERR_reason_error_string(error).map { String(cString: $0) }
            ERR_clear_error()
            return .failed(TLSError(systemError: 0, reason: Int(error & 0x7F_FFFF), text: text))
        }
    }

    // MARK: Facts

    /// Whether the peer has shown a certificate.
    var hasPeerCertificate: Bool { SSL_get0_peer_certificate(handle) != nil }

    /// "TLSv1.3".
    var version: String { SSL_get_version(handle).map { String(cString: $0) } ?? "" }
    var isVersion13: Bool { SSL_version(handle) == TLS1_3_VERSION }

    /// OpenSSL's name of the agreed cipher.
    var cipher: String {
        SSL_get_current_cipher(handle).flatMap { SSL_CIPHER_get_name($0) }.map { String(cString: $0) } ?? ""
    }

    /// The protocol agreed on with ALPN; nil without one.
    var selectedProtocol: String? {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(handle, &start, &count)
        guard let start, count > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    /// Whether the certificate covers a name, by the rules of verification.
    func covers(_ name: String) -> Bool {
        guard let leaf = SSL_get0_peer_certificate(handle) else { return false }
        defer { ERR_clear_error() }
        if IPAddress(name) != nil { return X509_check_ip_asc(leaf, name, 0) == 1 }
        let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT) | UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        return X509_check_host(leaf, name, name.utf8.count, flags, nil) == 1
    }

    /// The status of the stapled OCSP response.
    func stapleStatus(store: OpaquePointer?) -> StapleStatus {
        StapleStatus(connection: handle, store: store)
    }
}

/// Why a TLS connection cannot be set up: an error on this side, in words.
struct TLSSetupError: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

/// The error of OpenSSL or the kernel that broke a TLS connection.
struct TLSError {
    /// `errno`; 0 when the kernel reported none or the peer closed.
    let systemError: Int32
    /// OpenSSL's reason number; 0 without one.
    let reason: Int
    /// OpenSSL's message.
    let text: String?

    /// Whether the peer closed without close-notify.
    var isEnd: Bool { systemError == 0 && (reason == 0 || reason == Int(SSL_R_UNEXPECTED_EOF_WHILE_READING)) }
    var isReset: Bool { systemError == ECONNRESET || systemError == EPIPE }
}
