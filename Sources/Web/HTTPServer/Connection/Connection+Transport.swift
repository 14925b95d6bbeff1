import Glibc

/// The only place that reads and writes the socket; encryption would be added here.
extension Connection {
    enum Transfer {
        case bytes(Int)
        case blocked
        /// The peer will send no more.
        case end
        case failed
    }

    func rawRead(_ buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        return errno == EAGAIN || errno == EINTR ? .blocked : .failed
    }

    /// `more` announces that more follows at once, so that the kernel fills its segments.
    func rawWrite(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Transfer {
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
        if count >= 0 { return .bytes(count) }
        return errno == EAGAIN || errno == EINTR ? .blocked : .failed
    }

    func rawEnd() { shutdown(descriptor, Int32(SHUT_WR)) }
}
