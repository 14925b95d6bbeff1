import CHiredis

/// One command with its arguments.
package struct RedisCommand: Sendable {
    private var bytes: [UInt8] = []
    private var lengths: [Int] = []

    package init(_ words: String...) { for word in words { append(word) } }

    /// How many bytes its arguments have.
    package var size: Int { bytes.count }

    package mutating func append(_ text: String) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        lengths.append(bytes.count - start)
    }

    package mutating func append(_ argument: [UInt8]) {
        bytes.append(contentsOf: argument)
        lengths.append(argument.count)
    }

    /// Appends all words of another one.
    package mutating func append(contentsOf other: RedisCommand) {
        bytes += other.bytes
        lengths += other.lengths
    }

    package mutating func append(_ number: Int) { append("\(number)") }

    /// Appends the command as the protocol has it (RESP 2).
    func encode(into output: inout [UInt8]) {
        bytes.withUnsafeBytes { raw in
            var text: UnsafeMutablePointer<CChar>?
            var pointers: [UnsafePointer<CChar>?] = []
            pointers.reserveCapacity(lengths.count)
            var offset = 0
            // Invariant: the lengths add up to the count of bytes, and an empty argument is never read.
            let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            for length in lengths {
                pointers.append(base.map { $0 + offset })
                offset += length
            }
            let count = redisFormatCommandArgv(&text, Int32(lengths.count), &pointers, lengths)
            guard let text, count > 0 else { preconditionFailure("a command of over two gigabytes, or no memory") }
            output.append(contentsOf: UnsafeRawBufferPointer(start: text, count: Int(count)))
            redisFreeCommand(text)
        }
    }
}
