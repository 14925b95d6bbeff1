import Glibc

/// Restricts a database's files to their owner: they hold what people monitor and how.
package enum DatabaseFiles {
    /// The suffixes of all files of a database: SQLite's own, the lock and the key.
    private static let suffixes = ["", "-wal", "-shm", "-journal", ".lock", ".key"]

    /// Removes the permissions of group and others from existing files; returns the files that had some.
    ///
    /// Call before the database is opened. A file that cannot be changed is skipped: using it reports the error.
    package static func tighten(_ path: String) -> [String] {
        let real = resolved(path)
        let files = suffixes.flatMap { real == path ? [path + $0] : [path + $0, real + $0] }
        return files.filter { file in
            var status = stat()
            guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 else {
                return false
            }
            return chmod(file, status.st_mode & 0o700) == 0
        }
    }

    /// The path without symbolic links; SQLite keeps its additional files beside the file that it leads to.
    ///
    /// Of a file that does not exist, only the folder is resolved.
    package static func resolved(_ path: String) -> String {
        if let real = real(path) { return real }
        guard let slash = path.lastIndex(of: "/") else { return path }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        guard let real = real(folder) else { return path }
        return (real == "/" ? "" : real) + path[slash...]
    }

    /// nil when there is no such file.
    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Creates an empty database file with mode 0600, whatever the umask; does nothing when it exists.
    ///
    /// SQLite gives its additional files the same mode. Opening the database reports any error.
    package static func create(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        fchmod(descriptor, 0o600)
        close(descriptor)
    }
}
