/// Why a key file cannot be used; reveals nothing about the key.
package enum SecretKeyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Its permission bits give others than its owner access.
    case openToOthers(path: String, mode: UInt32)
    /// Not a regular file.
    case notAFile(path: String)
    /// Fewer than 64 hexadecimal digits.
    case tooShort(path: String)
    /// Not hexadecimal digits on one line.
    case malformed(path: String)
    /// A system call failed.
    case system(path: String, reason: String)

    package var description: String {
        switch self {
        case .openToOthers(let path, let mode):
            "\(path): others than its owner may use the key file (mode 0\(String(mode, radix: 8))); run: chmod 600 \(path)"
        case .notAFile(let path): "\(path): the key file is not a file"
        case .tooShort(let path): "\(path): the key file has fewer than 64 hexadecimal digits"
        case .malformed(let path): "\(path): the key file must hold nothing but hexadecimal digits on one line"
        case .system(let path, let reason): "\(path): \(reason)"
        }
    }
}
