import Glibc

/// This program once more, in a process of its own.
struct Child {
    private let process: pid_t
    private let output: Int32

    /// Throws `OptionError` when it cannot be started.
    init(_ arguments: [String]) throws(OptionError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw OptionError("no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var words: [UnsafeMutablePointer<CChar>?] = (["sentinel-simulate"] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, "/proc/self/exe", &actions, nil, &words, environ)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw OptionError("no process: \(String(cString: strerror(code)))")
        }
        process = started
        output = ends[0]
    }

    /// Reads all that it prints, and its exit code; 128 and more for a signal.
    func wait() -> (output: String, code: Int) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            // A world prints some lines.
            if bytes.count < 1 << 20 { bytes += buffer[..<count] }
        }
        close(output)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return (String(decoding: bytes, as: UTF8.self), Int(signal == 0 ? status >> 8 & 0xFF : 128 + signal))
    }
}
