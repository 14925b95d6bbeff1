import CLinux
import Glibc
import SQLite

/// Locks a database file for one serving process: two would run every check twice.
///
/// Two advisory locks, which the kernel releases when the process ends in any way: one on a file beside the database,
/// which also covers a database that is created or replaced meanwhile, and one on the database itself, so that other
/// paths to the same file find it.
final class DatabaseLock: Sendable {
    /// Why a database cannot be locked.
    enum LockError: Error, Equatable {
        /// Another process holds it.
        case taken
        /// The file has several names, each of which would have a write-ahead log of its own.
        case linked(count: Int)
    }

    /// Far behind the largest database and the bytes that SQLite locks itself (at 1 GiB).
    private static let lockedByte: Int64 = 1 << 62

    private let descriptors: [Int32]

    /// Locks the file that a path leads to.
    ///
    /// A folder that cannot be written does not prevent serving. Throws `.linked` for a file with hard links, and
    /// `.taken` when another process holds it.
    init(path: String) throws(LockError) {
        let path = DatabaseFiles.resolved(path)
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink > 1 {
            throw .linked(count: Int(status.st_nlink))
        }
        var descriptors: [Int32] = []
        var isTaken = false
        let beside = CLinux_open("\(path).lock", O_RDWR | O_CREAT, 0o600)
        if beside >= 0 {
            descriptors.append(beside)
            // Overrides the umask: a later process of the same user must be able to open it.
            fchmod(beside, 0o600)
            isTaken = flock(beside, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
        }
        // Closing it would release the locks of this process's own connections: it stays open as long as they do.
        let file = isTaken ? -1 : CLinux_open(path, O_RDWR, 0)
        if file >= 0 {
            descriptors.append(file)
            isTaken = Self.isLockedElsewhere(file)
        }
        guard !isTaken else {
            for descriptor in descriptors { close(descriptor) }
            throw .taken
        }
        self.descriptors = descriptors
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    /// Locks a byte that nobody else uses.
    private static func isLockedElsewhere(_ descriptor: Int32) -> Bool {
        CLinux_lock_byte(descriptor, lockedByte) != 0 && (errno == EAGAIN || errno == EACCES)
    }
}
