import Base
import Glibc

/// What a command knows of the process that it runs in.
struct CommandContext: Sendable {
    let environment: [String: String]

    /// Writes to standard output.
    func output(_ text: String) { Self.write(text, STDOUT_FILENO) }

    /// Writes to standard error.
    func complain(_ text: String) { Self.write(text, STDERR_FILENO) }

    /// How standard output is best written to.
    var style: TerminalStyle { TerminalStyle(descriptor: STDOUT_FILENO, environment: environment) }

    /// A variable's value; nil when it is not set or empty.
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Writes all of a text unless the reader went away.
    private static func write(_ text: String, _ descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
