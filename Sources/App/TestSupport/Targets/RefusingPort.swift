import CLinux
import Glibc

/// A loopback port that refuses connections, and that no other program can take meanwhile.
package final class RefusingPort: Sendable {
    package let port: UInt16
    private let descriptor: Int32

    package init() { (descriptor, port) = TestSocket.bind(type: SOCK_STREAM) }

    deinit { close(descriptor) }
}
