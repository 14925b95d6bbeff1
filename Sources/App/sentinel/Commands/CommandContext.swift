import Base
import Glibc

/// The process environment and the streams that a command uses.
struct CommandContext: Sendable {
    let environment: [String: String]

    /// Writes to standard output; ends the program with a message when the write fails.
    func output(_ text: String) {
        guard !Self.write(text, STDOUT_FILENO), errno != EPIPE else { return }
        complain("sentinel: standard output: \(String(cString: strerror(errno)))\n")
        _exit(ExitCode.failure.rawValue)
    }

    /// Writes to standard error.
    func complain(_ text: String) { Self.write(text, STDERR_FILENO) }

    /// Writes what the server found odd about settings that it took, a line each.
    func warn(_ answer: JSONValue) {
        for warning in (answer["warnings"]?.arrayValue ?? []).compactMap(\.stringValue) {
            complain(TerminalStyle.printable("sentinel: warning: \(warning)") + "\n")
        }
    }

    /// The style for standard output.
    var style: TerminalStyle { TerminalStyle(descriptor: STDOUT_FILENO, environment: environment) }

    /// A variable's value; nil when it is not set or empty.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Writes a whole text; false when that failed, with the reason in `errno`.
    @discardableResult
    private static func write(_ text: String, _ descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
    }
}
