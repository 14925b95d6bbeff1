import Glibc

/// Reads small files whole; blocks, so never call it on the cooperative pool.
package enum SmallFile {
    /// The file's bytes, or nil when there is no such file.
    ///
    /// Throws `.unreadable` when it cannot be read or is larger than `limit` bytes.
    package static func read(_ path: String, limit: Int) throws(ConfigurationError) -> [UInt8]? {
        func failure(_ code: Int32) -> ConfigurationError {
            ConfigurationError(.unreadable(path: path, reason: String(cString: strerror(code))))
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw failure(errno)
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw ConfigurationError(.unreadable(path: path, reason: "larger than \(limit) bytes"))
            }
        }
    }
}
