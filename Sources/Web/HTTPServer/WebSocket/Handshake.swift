import Base
import COpenSSL

/// The opening handshake of a WebSocket (RFC 6455 §4.2).
enum Handshake {
    enum Outcome: Equatable {
        /// The value of `Sec-WebSocket-Accept`.
        case accepted([UInt8])
        /// The status of a refusal: 400 or 426.
        case refused(Status)
    }

    static func check(_ request: Request, asksUpgrade: Bool) -> Outcome {
        let upgrade = request.headers.values(of: "Upgrade").joined(separator: ",")
        let list = Array(upgrade.utf8)
        guard asksUpgrade, TokenList.contains("websocket", list.span, list.indices),
            request.headers["Sec-WebSocket-Version"] == "13"
        else { return .refused(.upgradeRequired) }
        guard request.method == .get, request.body.length == 0,
            request.headers.values(of: "Sec-WebSocket-Key").count == 1,
            let key = request.headers["Sec-WebSocket-Key"], isKey(key)
        else { return .refused(.badRequest) }
        return .accepted(accept(key))
    }

    /// Sixteen bytes in base64.
    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        return bytes.count == 24 && bytes.suffix(2).elementsEqual("==".utf8)
            && bytes.prefix(22).allSatisfy { byte in
                byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
            }
    }

    /// Base64 of the SHA-1 of the key and the protocol's GUID.
    static func accept(_ key: String) -> [UInt8] {
        var message = Array(key.utf8)
        message.append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11" as StaticString)
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        SHA1(message, message.count, &digest)
        var encoded = [UInt8](repeating: 0, count: 32)
        let count = EVP_EncodeBlock(&encoded, digest, Int32(digest.count))
        return Array(encoded.prefix(Int(count)))
    }
}
