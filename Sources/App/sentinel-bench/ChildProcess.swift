import Base
import Foundation

/// A program that the benchmark starts and stops.
final class ChildProcess {
    let pid: pid_t
    private var isRunning = true

    /// Starts a program in this process's group, with its output going to the file.
    ///
    /// Throws when there is no such program.
    init(_ arguments: [String], environment: [String: String] = [:], output: String) throws(BenchError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var variablePointers = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argumentPointers + variablePointers).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, nil, &argumentPointers, &variablePointers)
        guard code == 0 else { throw BenchError("could not start \(arguments[0]): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    deinit { kill() }

    /// Asks the program to end and waits for it.
    ///
    /// Throws when it has not ended in time, or not with code 0.
    func stop(within limit: Duration = .seconds(20)) throws(BenchError) {
        guard isRunning else { return }
        Foundation.kill(pid, SIGTERM)
        try wait(within: limit)
    }

    /// Waits until the program ends by itself.
    ///
    /// Throws when it has not ended in time, or not with code 0.
    func wait(within limit: Duration) throws(BenchError) {
        let end = MonotonicTime.now + limit
        while MonotonicTime.now < end {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                isRunning = false
                if status != 0 { throw BenchError("process \(pid) ended with wait status \(status)") }
                return
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
        kill()
        throw BenchError("process \(pid) did not end within \(limit)")
    }

    /// Kills the program.
    func kill() {
        guard isRunning else { return }
        isRunning = false
        Foundation.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
