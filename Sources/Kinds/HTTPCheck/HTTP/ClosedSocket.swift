import CLinux
import Glibc

/// The socket that libcurl closed last, and whether it had received bytes, which libcurl does not report.
final class ClosedSocket {
    private var descriptor: Int32 = -1
    private var bytes: UInt64 = 0

    /// Whether that socket was closed last and had received more than the end of the stream.
    func hadReceived(_ descriptor: Int32) -> Bool { self.descriptor == descriptor && bytes > 1 }

    func close(_ descriptor: Int32) -> Int32 {
        (self.descriptor, bytes) = (descriptor, CLinux_bytes_received(descriptor))
        return Glibc.close(descriptor)
    }
}
