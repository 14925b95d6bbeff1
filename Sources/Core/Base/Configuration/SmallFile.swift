import Glibc

/// Reads small files whole; blocks, so never call it on the cooperative pool.
package enum SmallFile {
    /// The file's bytes, or nil when there is no such file.
    ///
    /// Throws `.unreadable` when it cannot be read or is larger than `limit` bytes.
    package static func read(_ path: String, limit: Int) throws(ConfigurationError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(path, errno)
        }
        defer { close(descriptor) }
        return try contents(descriptor, path, limit: limit)
    }

    /// The bytes of a regular file; nil when there is none, or it cannot be read, or is larger than `limit` bytes.
    ///
    /// Says nothing of why, and never waits for a device or the other end of a pipe: for paths that strangers name.
    package static func readRegular(_ path: String, limit: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return try? contents(descriptor, path, limit: limit)
    }

    private static func failure(_ path: String, _ code: Int32) -> ConfigurationError {
        ConfigurationError(.unreadable(path: path, reason: String(cString: strerror(code))))
    }

    private static func contents(
        _ descriptor: Int32,
        _ path: String,
        limit: Int
    ) throws(ConfigurationError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw failure(path, errno)
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw ConfigurationError(.unreadable(path: path, reason: "larger than \(limit) bytes"))
            }
        }
    }
}
