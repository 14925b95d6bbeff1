import CLinux
import Glibc

/// Locks a database file for one serving process: two would run every check twice.
///
/// An advisory lock on a file beside it, which the kernel releases when the process ends in any way.
final class DatabaseLock: Sendable {
    private let descriptor: Int32

    /// nil when another process holds the file.
    ///
    /// A folder that cannot be written does not prevent serving.
    init?(path: String) {
        descriptor = CLinux_open("\(path).lock", O_RDWR | O_CREAT, 0o600)
        // Overrides the umask: a later process of the same user must be able to open it.
        if descriptor >= 0 { fchmod(descriptor, 0o600) }
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        close(descriptor)
        return nil
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
