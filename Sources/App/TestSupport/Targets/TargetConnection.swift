import Base
import CLinux
import COpenSSL
import Glibc

/// One accepted connection of a target, plain or TLS; blocking, for one thread.
package final class TargetConnection {
    /// The socket.
    package let descriptor: Int32
    private var tls: OpaquePointer?
    private var isOpen = true
    private var buffer: [UInt8] = []
    /// The server name that the client sent.
    package private(set) var serverName: String?

    init(descriptor: Int32, tls: OpaquePointer?) {
        (self.descriptor, self.tls) = (descriptor, tls)
        if let tls, let name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name) { serverName = String(cString: name) }
    }

    /// Starts TLS on the plain connection; false when the handshake fails.
    package func startTLS(_ context: TLSServerContext) -> Bool {
        guard tls == nil, let session = context.accept(descriptor) else { return false }
        tls = session
        return true
    }

    /// Reads one request head, and the body announced by its Content-Length; empty when the client closed.
    package func readRequest() -> String {
        while true {
            let text = String(decoding: buffer, as: UTF8.self)
            if let head = text.range(of: "\r\n\r\n") {
                let length = text.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                let count = length.flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
                let headCount = text[..<head.upperBound].utf8.count
                if buffer.count >= headCount + count {
                    let request = String(decoding: buffer.prefix(headCount + count), as: UTF8.self)
                    buffer.removeFirst(headCount + count)
                    return request
                }
            }
            let more = read()
            if more.isEmpty { return "" }
            buffer += more
        }
    }

    /// The next bytes; empty at the end.
    package func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = tls.map { Int(SSL_read($0, &bytes, 16_384)) } ?? recv(descriptor, &bytes, 16_384, 0)
        return count > 0 ? Array(bytes.prefix(count)) : []
    }

    /// Whether TLS holds decrypted bytes, which the socket does not report.
    var hasPendingBytes: Bool { tls.map { SSL_pending($0) > 0 } ?? false }

    /// Writes all bytes; false when the client is gone.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        if let tls { return bytes.isEmpty || SSL_write(tls, bytes, Int32(bytes.count)) > 0 }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Writes all of a text.
    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Answers with a Content-Length.
    package func respond(_ status: String = "200 OK", headers: [String] = [], body: String = "") {
        respond(status, headers: headers, bytes: Array(body.utf8))
    }

    /// Answers with a Content-Length.
    package func respond(_ status: String, headers: [String] = [], bytes: [UInt8]) {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(bytes.count)"] + headers
        send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + bytes)
    }

    /// Waits until the client closes, for a limited time.
    package func waitForClose() {
        while !read().isEmpty {}
    }

    /// Ends with a RST.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Ends with a FIN; may be called twice.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        if let tls {
            SSL_free(tls)
            ERR_clear_error()
        }
        Glibc.close(descriptor)
    }

    deinit { close() }
}

extension String {
    fileprivate func range(of needle: String) -> Range<String.Index>? {
        let (text, needle) = (Array(utf8), Array(needle.utf8))
        guard text.count >= needle.count else { return nil }
        for start in 0...(text.count - needle.count) where Array(text[start..<start + needle.count]) == needle {
            let lower = utf8.index(startIndex, offsetBy: start)
            return lower..<utf8.index(lower, offsetBy: needle.count)
        }
        return nil
    }
}
