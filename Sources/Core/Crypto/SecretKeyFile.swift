import Base
import Glibc

/// The key file of an installation whose configuration has no key: one line of hexadecimal digits.
package enum SecretKeyFile {
    /// The size of a generated key and the minimum for any key, in bytes.
    package static let keyCount = 32
    private static let sizeLimit = 4096

    /// A key, and whether it was just generated.
    package struct Key: Sendable, Equatable {
        package let bytes: [UInt8]
        package let isNew: Bool
    }

    /// The key file of a database: beside it, so that both can be moved together.
    package static func path(beside database: String) -> String { database + ".key" }

    /// Reads the key, or generates one when there is no file; concurrent callers all get the same key.
    ///
    /// The file has mode 0600 whatever the umask. Blocks.
    ///
    /// Throws `.openToOthers`, `.notAFile`, `.tooShort` or `.malformed` for an unsafe or invalid file, and `.system`
    /// when a call on the file or its folder fails.
    package static func readOrCreate(_ path: String) throws(SecretKeyError) -> Key {
        if let bytes = try read(path) { return Key(bytes: bytes, isNew: false) }
        let isNew = try create(path)
        guard let bytes = try read(path) else { throw .system(path: path, reason: String(cString: strerror(ENOENT))) }
        return Key(bytes: bytes, isNew: isNew)
    }

    /// nil when there is no file.
    private static func read(_ path: String) throws(SecretKeyError) -> [UInt8]? {
        // O_NONBLOCK: opening a pipe of that name would block forever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw .openToOthers(path: path, mode: status.st_mode & 0o777) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw failure("read", path) }
            if read == 0 { break }
            count += read
        }
        return try key(bytes.prefix(count), path)
    }

    private static func key(_ bytes: ArraySlice<UInt8>, _ path: String) throws(SecretKeyError) -> [UInt8] {
        let line = bytes.prefix { $0 > 32 }
        guard bytes.count <= sizeLimit, bytes.dropFirst(line.count).allSatisfy({ [9, 10, 13, 32].contains($0) }) else {
            throw .malformed(path: path)
        }
        guard line.count >= 2 * keyCount else { throw .tooShort(path: path) }
        guard let key = [UInt8](hex: String(decoding: line, as: UTF8.self)) else { throw .malformed(path: path) }
        return key
    }

    /// Creates the file atomically; false when another process was faster.
    private static func create(_ path: String) throws(SecretKeyError) -> Bool {
        let draft = "\(path).\(RandomBytes.make(8).hex)"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("open", draft) }
        defer {
            close(descriptor)
            unlink(draft)
        }
        // Overrides the umask.
        guard fchmod(descriptor, 0o600) == 0 else { throw failure("fchmod", draft) }
        let text = Array((RandomBytes.make(keyCount).hex + "\n").utf8)
        guard write(descriptor, text, text.count) == text.count else { throw failure("write", draft) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", draft) }
        // A link never replaces a file, and the file is complete before it gets its name.
        guard link(draft, path) == 0 else {
            if errno == EEXIST { return false }
            throw failure("link", path)
        }
        try syncFolder(of: path)
        return true
    }

    /// Makes the new directory entry survive a loss of power.
    private static func syncFolder(of path: String) throws(SecretKeyError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", folder) }
    }

    /// Reads the thread's `errno`; use right after the failed call.
    private static func failure(_ call: String, _ path: String) -> SecretKeyError {
        .system(path: path, reason: "\(call): \(String(cString: strerror(errno)))")
    }
}
