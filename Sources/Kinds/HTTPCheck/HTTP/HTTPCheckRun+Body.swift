import Base
import Checks

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
    func requestBody() -> [UInt8] {
        if let body = options.body { return Array(body.utf8) }
        if let fileBody { return fileBody }
        // Secrets are not sent to another origin.
        let form = dropsCredentials ? options.form.filter { !$0.isSecret } : options.form
        return Array(FormText.encoded(form).utf8)
    }

    /// Begins the requests once the body's file was read.
    func awaitBody(_ path: String) {
        isWaitingForBody = true
        armTimer(at: overallDeadline)
        let number = number
        engine.bodyFiles.read(path) { [weak self] answer in
            // The check may have ended, and the object may be in use by another check.
            guard let self, place >= 0, self.number == number, isWaitingForBody else { return }
            isWaitingForBody = false
            switch answer {
            case .success(let bytes):
                fileBody = bytes
                beginRequests()
            case .failure(let flaw): fail(.internalError, .internal, flaw.text)
            }
        }
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
