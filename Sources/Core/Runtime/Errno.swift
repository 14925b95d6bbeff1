import Glibc

/// A failed system call: its name and its error number.
package struct Errno: Error, Sendable, Equatable, CustomStringConvertible {
    package let code: Int32
    package let call: String

    /// Reads the calling thread's `errno`; use right after the failed call.
    package init(_ call: String) { (code, self.call) = (errno, call) }
    package init(_ call: String, code: Int32) { (self.code, self.call) = (code, call) }

    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}
