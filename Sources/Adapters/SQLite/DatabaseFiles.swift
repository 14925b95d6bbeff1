import Glibc

/// Keeps the files of a database to their owner: they hold what people watch and how.
package enum DatabaseFiles {
    /// What is kept beside a database file: SQLite's own, the lock and the key.
    private static let suffixes = ["", "-wal", "-shm", "-journal", ".lock", ".key"]

    /// Takes the permissions of all but the owner from the files that are there; returns those that had some.
    ///
    /// Call before the database is opened. A file that cannot be changed is left: using it tells what is wrong.
    package static func tighten(_ path: String) -> [String] {
        suffixes.map { path + $0 }.filter { file in
            var status = stat()
            guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 else {
                return false
            }
            return chmod(file, status.st_mode & 0o700) == 0
        }
    }

    /// Makes an empty database file with the mode 0600, whatever the umask; does nothing when there is one.
    ///
    /// SQLite gives the files that it makes beside it the same mode. Opening the database tells what went wrong.
    static func create(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        fchmod(descriptor, 0o600)
        close(descriptor)
    }
}
