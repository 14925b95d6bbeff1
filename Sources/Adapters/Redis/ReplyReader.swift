import CHiredis

/// Parses the server's answers with hiredis; not Sendable.
final class ReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    /// Bytes since the last complete answer.
    private var unfinished = 0

    /// The most bytes of one answer, and the most elements of an array in it.
    static let byteLimit = 256 << 20
    static let elementLimit = 1 << 20

    /// nil when there is no memory.
    init?() {
        guard let reader = redisReaderCreate() else { return nil }
        self.reader = reader
        // hiredis would reserve memory for as many elements as the server announces.
        reader.pointee.fn = Self.functions
    }

    deinit { redisReaderFree(reader) }

    private static let standard: redisReplyObjectFunctions? = {
        guard let reader = redisReaderCreate() else { return nil }
        defer { redisReaderFree(reader) }
        return reader.pointee.fn?.pointee
    }()

    /// hiredis's functions, with a limit for arrays.
    // Invariant: written once, before its first use, and only read afterwards.
    nonisolated(unsafe) private static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(to: standard ?? redisReplyObjectFunctions())
        functions.pointee.createArray = { task, count in
            guard count <= ReplyReader.elementLimit else { return nil }
            return ReplyReader.standard?.createArray(task, count)
        }
        return functions
    }()

    /// Adds received bytes, and passes on the answers that are complete.
    ///
    /// Throws `.unavailable` for bytes that are no answers of a Redis server, and for answers over the limits.
    func feed(_ bytes: UnsafeRawBufferPointer, _ take: (RedisValue) -> Void) throws(RedisError) {
        unfinished += bytes.count
        let text = bytes.assumingMemoryBound(to: CChar.self)
        guard redisReaderFeed(reader, text.baseAddress, text.count) == REDIS_OK else { throw fault() }
        while true {
            var raw: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &raw) == REDIS_OK else { throw fault() }
            guard let raw else { break }
            unfinished = 0
            // Invariant: the standard functions make `redisReply` values.
            take(RedisValue(UnsafePointer(raw.assumingMemoryBound(to: redisReply.self))))
            freeReplyObject(raw)
        }
        guard unfinished <= Self.byteLimit else { throw .unavailable("an answer of Redis is over 256 MB") }
    }

    private func fault() -> RedisError {
        let text = withUnsafeBytes(of: reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .unavailable("the server does not speak Redis's protocol: \(text)")
    }
}
