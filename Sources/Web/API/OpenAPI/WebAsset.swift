import Base
import HTTPServer

/// A file that is part of the program; its path changes with its content, so clients may cache it for ever.
struct WebAsset: Sendable {
    private let bytes: [UInt8]
    private let type: String
    /// `/assets/<tag>/<name>`.
    let path: String
    private let tag: String

    var isEmpty: Bool { bytes.isEmpty }

    init(name: String, type: String, bytes: some Collection<UInt8>) {
        self.bytes = Array(bytes)
        self.type = type
        tag = Self.fingerprint(self.bytes)
        path = "/assets/\(tag)/\(name)"
    }

    init(name: String, type: String, bytes text: String) { self.init(name: name, type: type, bytes: text.utf8) }

    /// Copies an embedded file; empty when it did not exist at build time.
    init(name: String, type: String, _ load: (UnsafeMutablePointer<Int>?) -> UnsafePointer<UInt8>?) {
        var count = 0
        let start = load(&count)
        self.init(name: name, type: type, bytes: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    /// The file; 304 when the client has it already.
    func response(to request: Request) -> Response {
        guard !isEmpty else { return APIProblem.notFound.response }
        var response = Response(.ok, body: .bytes(bytes))
        response.headers.append("Content-Type", type)
        if request.headers["If-None-Match"]?.contains("\"\(tag)\"") == true { response = Response(.notModified) }
        response.headers.append("ETag", "\"\(tag)\"")
        response.headers.append("Cache-Control", "public, max-age=31536000, immutable")
        return response
    }

    /// FNV-1a of 64 bits in hexadecimal: distinguishes versions, but is no cryptographic hash.
    private static func fingerprint(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
