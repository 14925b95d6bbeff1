import Base
import Checks
import Glibc

/// Why a request's body cannot be built, for people.
struct BodyFlaw: Error {
    let text: String
}

extension HTTPCheckRun {
    static let formType = "application/x-www-form-urlencoded"

    /// The URL of the first request: the one of the settings with their query.
    var firstURL: String {
        if options.query.isEmpty, spec.url.utf8.allSatisfy({ $0 < 128 }) { return spec.url }
        let plain = (try? CheckURL(spec.url))?.target.description ?? spec.url
        if options.query.isEmpty { return plain }
        let url = plain.prefix { $0 != "#" }
        let separator = !url.contains("?") ? "?" : url.hasSuffix("?") || url.hasSuffix("&") ? "" : "&"
        return url + separator + FormText.encoded(options.query)
    }

    /// The bytes to send, from the settings or from their file.
    func requestBody() -> Result<[UInt8], BodyFlaw> {
        if let body = options.body { return .success(Array(body.utf8)) }
        // Secrets are not sent to another origin.
        let form = dropsCredentials ? options.form.filter { !$0.isSecret } : options.form
        guard let path = options.bodyFile else { return .success(Array(FormText.encoded(form).utf8)) }
        return Self.file(path)
    }

    /// Reads a regular file of at most `HTTPLimits.bodyFile` bytes; never waits for a pipe.
    private static func file(_ path: String) -> Result<[UInt8], BodyFlaw> {
        func flaw(_ code: Int32) -> Result<[UInt8], BodyFlaw> {
            .failure(BodyFlaw(text: "the body file \(path) cannot be read: \(String(cString: strerror(code)))"))
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return flaw(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return flaw(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .failure(BodyFlaw(text: "the body file \(path) is no regular file"))
        }
        var bytes = [UInt8](repeating: 0, count: HTTPLimits.bodyFile + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, $0.count - count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return flaw(errno) }
            if got == 0 { break }
            count += got
        }
        guard count <= HTTPLimits.bodyFile else {
            return .failure(BodyFlaw(text: "the body file \(path) is larger than \(HTTPLimits.bodyFile) bytes"))
        }
        let body = Array(bytes.prefix(count))
        // The folder also holds the keys of clients, which no monitor may send.
        guard String(decoding: body, as: UTF8.self).firstRange(of: "PRIVATE KEY-----") == nil else {
            return .failure(BodyFlaw(text: "the body file \(path) holds a private key, which is not sent"))
        }
        return .success(body)
    }
}

/// Names and values encoded for forms and queries (application/x-www-form-urlencoded).
enum FormText {
    static func encoded(_ parameters: [HTTPSettings.Parameter]) -> String {
        parameters.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }

    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if (byte | 32) &- 97 < 26 || byte &- 48 < 10 || "-._*".utf8.contains(byte) {
                bytes.append(byte)
            } else if byte == 32 {
                bytes.append(UInt8(ascii: "+"))
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
