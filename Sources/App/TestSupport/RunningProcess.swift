import Base
import Dispatch
import Glibc
package import Runtime

/// A running program; killed when the last reference is released.
package final class RunningProcess: Sendable {
    private let identifier: pid_t
    /// The signal that ends it when it is released while it runs.
    private let ending: Int32
    private let output: CaptureFile
    private let complaints: CaptureFile
    private let status = Locked<Int32?>(nil)
    private static let queue = DispatchQueue(label: "sentinel.tests.processes", attributes: .concurrent)

    /// An unnamed file that a process writes to.
    private struct CaptureFile: Sendable {
        let descriptor: Int32

        init() throws(Errno) {
            var template = Array("/tmp/sentinel-test-XXXXXX".utf8CString)
            descriptor = mkstemp(&template)
            guard descriptor >= 0 else { throw Errno("mkstemp") }
            unlink(template)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }

        /// All text written so far.
        var text: String {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = pread(descriptor, &chunk, chunk.count, off_t(bytes.count))
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += chunk[..<count]
            }
        }
    }

    /// Starts the program at a path; its environment has only the given variables.
    package init(
        path: String,
        arguments: [String],
        environment: [String: String] = [:],
        folder: String? = nil,
        ending: Int32 = SIGKILL
    ) throws(Errno) {
        self.ending = ending
        output = try CaptureFile()
        complaints = try CaptureFile()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.descriptor, 1)
        posix_spawn_file_actions_adddup2(&actions, complaints.descriptor, 2)
        // `env` changes the folder and executes the program: posix_spawn cannot do this with Swift's Glibc.
        let command = folder.map { ["/usr/bin/env", "-C", $0, path] } ?? [path]
        var words = (command + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, command[0], &actions, nil, &words, &variables)
        guard code == 0 else { throw Errno("posix_spawn \(path)", code: code) }
        self.identifier = identifier
    }

    deinit {
        if status.withLock({ $0 }) == nil {
            kill(identifier, ending)
            let reap: @Sendable () -> Void = { [identifier] in
                var ignored: Int32 = 0
                waitpid(identifier, &ignored, 0)
            }
            // A process that cleans up takes a moment.
            if ending == SIGKILL { reap() } else { Self.queue.async(execute: reap) }
        }
        close(output.descriptor)
        close(complaints.descriptor)
    }

    package var processIdentifier: Int32 { identifier }
    /// The text written so far.
    package var standardOutput: String { output.text }
    package var standardError: String { complaints.text }

    /// Sends a signal unless the process has ended.
    package func send(signal: Int32) {
        status.withLock { if $0 == nil { kill(identifier, signal) } }
    }

    /// Waits for the end without a thread of the cooperative pool; after `timeout` the process is killed.
    package func wait(timeout: Duration = .seconds(60)) async -> SentinelBinary.Output {
        let code = await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: self.collect(until: .now + timeout)) }
        }
        return SentinelBinary.Output(standardOutput: standardOutput, standardError: standardError, code: code)
    }

    /// Polls for the end; blocks the calling thread.
    private func collect(until deadline: MonotonicTime) -> Int32 {
        while true {
            let code = status.withLock { status -> Int32? in
                if status == nil {
                    var raw: Int32 = 0
                    guard waitpid(identifier, &raw, WNOHANG) == identifier else { return nil }
                    status = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + (raw & 0x7F)
                }
                return status
            }
            if let code { return code }
            if MonotonicTime.now > deadline { kill(identifier, SIGKILL) }
            usleep(2000)
        }
    }
}
