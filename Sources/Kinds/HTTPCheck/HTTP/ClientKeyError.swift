import CLinux
import Glibc

/// Explains why OpenSSL could not use a client certificate and its key.
enum ClientKeyError {
    /// Examines the files that OpenSSL has just read; never reveals their content.
    static func text(_ certificate: String?, _ key: String?) -> String {
        let holder = key ?? certificate ?? ""
        if start(of: holder).firstRange(of: "ENCRYPTED") != nil {
            return "the client key \(holder) is protected by a pass phrase; give it without one"
        }
        if start(of: holder).firstRange(of: "PRIVATE KEY-----") == nil {
            return "the file \(holder) holds no private key in PEM form"
        }
        if let certificate, start(of: certificate).firstRange(of: "BEGIN CERTIFICATE-----") == nil {
            return "the file \(certificate) holds no certificate in PEM form"
        }
        return "the client certificate and its key cannot be used: they are damaged or do not belong together"
    }

    private static func start(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : ""
    }
}
