import Base
import COpenSSL

/// A Lua script that the server runs as one step.
package struct RedisScript: Sendable {
    private let text: String
    /// The name by which the server knows it.
    private let digest: String

    package init(_ text: String) {
        self.text = text
        let bytes = Array(text.utf8)
        var hash = [UInt8](repeating: 0, count: 20)
        SHA1(bytes, bytes.count, &hash)
        let digits = Array("0123456789abcdef".utf8)
        digest = String(
            decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }

    /// The command that runs it, by its digest or with its text.
    func command(keys: [String], _ arguments: RedisCommand, asText: Bool) -> RedisCommand {
        var command = asText ? RedisCommand("EVAL", text) : RedisCommand("EVALSHA", digest)
        command.append(keys.count)
        for key in keys { command.append(key) }
        command.append(contentsOf: arguments)
        return command
    }
}
