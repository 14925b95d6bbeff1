import Glibc

/// Restricts a database's files to their owner: they hold what people monitor and how.
package enum DatabaseFiles {
    /// The suffixes of all files of a database: SQLite's own, the lock and the key.
    private static let suffixes = ["", "-wal", "-shm", "-journal", ".lock", ".key"]

    /// Removes the permissions of group and others from existing files; returns the files that had some.
    ///
    /// Call before the database is opened. A file that cannot be changed is skipped: using it reports the error.
    package static func tighten(_ path: String) -> [String] {
        suffixes.map { path + $0 }.filter { file in
            var status = stat()
            guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 else {
                return false
            }
            return chmod(file, status.st_mode & 0o700) == 0
        }
    }

    /// Creates an empty database file with mode 0600, whatever the umask; does nothing when it exists.
    ///
    /// SQLite gives its additional files the same mode. Opening the database reports any error.
    static func create(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        fchmod(descriptor, 0o600)
        close(descriptor)
    }
}
