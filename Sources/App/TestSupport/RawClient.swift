import Base
import CLinux
import Glibc

/// A simple blocking TCP client of loopback servers; use it on one thread at a time (see `onThread`).
///
/// Every wait is limited: a server that does not answer fails the test in place of hanging it.
package final class RawClient {
    /// Why a test's client gave up.
    package enum ReadError: Error, Equatable {
        case connect(Int32)
        /// Nothing was received, or nothing could be sent, in time; has the bytes received so far.
        case timedOut(received: String)
        /// The server closed or reset the connection too early.
        case closed(received: String)
        case malformed(String)
    }

    fileprivate var descriptor: Int32
    private var buffer: [UInt8] = []
    fileprivate let patience: Duration

    /// Connects to 127.0.0.1, or to ::1; `receiveBuffer` shrinks the kernel's window, for clients that stall.
    package init(
        port: UInt16,
        isIPv6: Bool = false,
        patience: Duration = .seconds(180),
        receiveBuffer: Int32? = nil
    ) throws(ReadError) {
        self.patience = patience
        descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .connect(errno) }
        if var size = receiveBuffer { setOption(SOL_SOCKET, SO_RCVBUF, &size) }
        var one: Int32 = 1
        setOption(Int32(IPPROTO_TCP), TCP_NODELAY, &one)
        let code: Int32
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            code = Self.connect(descriptor, &address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            code = Self.connect(descriptor, &address)
        }
        guard code == 0 else { throw .connect(errno) }
        CLinux_set_nonblocking(descriptor)
    }

    /// Connects to a Unix socket.
    package init(unixPath path: String, patience: Duration = .seconds(180)) throws(ReadError) {
        self.patience = patience
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .connect(errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        Swift.withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        guard Self.connect(descriptor, &address) == 0 else { throw .connect(errno) }
        CLinux_set_nonblocking(descriptor)
    }

    deinit { close() }

    private func setOption(_ level: Int32, _ option: Int32, _ value: inout Int32) {
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        Swift.withUnsafeBytes(of: &address) { bytes in
            Glibc.connect(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }

    // MARK: Sending

    package func send(_ text: String) throws(ReadError) { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws(ReadError) {
        let deadline = MonotonicTime.now + patience
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(Int16(POLLOUT), until: deadline)
            } else {
                throw .closed(received: received)
            }
        }
    }

    /// Sends `bytes` again and again until the socket accepts none for `silence`, or `limit` is reached; returns the
    /// count.
    package func flood(_ bytes: [UInt8], until limit: Int, silence: Duration = .milliseconds(200)) -> Int {
        var sent = 0
        while sent < limit {
            let start = sent % bytes.count
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else {
                guard errno == EAGAIN, poll(Int16(POLLOUT), until: .now + silence) else { return sent }
            }
        }
        return sent
    }

    /// Closes the sending side: the server sees the end, answers still arrive.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    package func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes with a reset instead of an orderly end.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: Receiving

    private var received: String { String(decoding: buffer.suffix(2000), as: UTF8.self) }

    fileprivate func poll(_ events: Int16, until deadline: MonotonicTime) -> Bool {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        let left = (deadline.nanoseconds - MonotonicTime.now.nanoseconds + 999_999) / 1_000_000
        return left > 0 && Glibc.poll(&entry, 1, Int32(clamping: left)) > 0
    }

    private func wait(_ events: Int16, until deadline: MonotonicTime) throws(ReadError) {
        guard poll(events, until: deadline) else { throw .timedOut(received: received) }
    }

    /// Appends the next bytes to the buffer; false at the end of the stream, including a reset.
    private func receiveMore(until deadline: MonotonicTime) throws(ReadError) -> Bool {
        try wait(Int16(POLLIN), until: deadline)
        let piece = [UInt8](unsafeUninitializedCapacity: 256 * 1024) { space, count in
            count = max(0, recv(descriptor, space.baseAddress, space.count, 0))
        }
        buffer.append(contentsOf: piece)
        return !piece.isEmpty
    }

    /// Reads exactly `count` bytes.
    package func receive(_ count: Int) throws(ReadError) -> [UInt8] {
        let deadline = MonotonicTime.now + patience
        while buffer.count < count {
            guard try receiveMore(until: deadline) else { throw .closed(received: received) }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    /// Reads everything up to and including `mark`.
    package func receive(through mark: String) throws(ReadError) -> String {
        let deadline = MonotonicTime.now + patience
        let mark = Array(mark.utf8)
        var looked = 0
        while true {
            while looked + mark.count <= buffer.count {
                if buffer[looked..<looked + mark.count].elementsEqual(mark) {
                    return String(decoding: try receive(looked + mark.count), as: UTF8.self)
                }
                looked += 1
            }
            guard try receiveMore(until: deadline) else { throw .closed(received: received) }
        }
    }

    /// Reads everything until the server ends the connection, by closing or resetting it.
    package func receiveToEnd() throws(ReadError) -> [UInt8] {
        let deadline = MonotonicTime.now + patience
        while try receiveMore(until: deadline) {}
        defer { buffer = [] }
        return buffer
    }

    /// Whether the server ends the connection without a further byte.
    package func isClosedByServer() throws(ReadError) -> Bool { try receiveToEnd().isEmpty }
}

extension RawClient {
    /// Waits until something can be read, including the end of the stream.
    package func hasInput(within duration: Duration) -> Bool {
        poll(Int16(POLLIN), until: MonotonicTime.now + duration)
    }

    /// Reads the rest of a chunked body and returns its length.
    package func receiveResponseBody() throws(ReadError) -> Int {
        var count = 0
        while true {
            let chunk = try receiveChunk()
            if chunk.isEmpty { return count }
            count += chunk.count
        }
    }
}
