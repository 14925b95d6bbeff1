import Glibc

/// The first bytes that a socket received.
///
/// Not Sendable: confined to the loop of the socket.
package final class FirstBytes {
    /// Empty until some came.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Looks at what waits on the socket and leaves it there; false when nothing does.
    func peek(_ socket: Int32) -> Bool {
        var waiting = [UInt8](repeating: 0, count: Self.limit)
        let count = recv(socket, &waiting, Self.limit, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        guard count > 0 else { return false }
        bytes = Array(waiting.prefix(count))
        return true
    }

    /// As much as the header of an HTTP/2 frame.
    private static let limit = 9
}
