import Base
import Foundation

/// A temporary folder, removed with its content when released.
final class WorkFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sentinel-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The absolute path of a file in it.
    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// Checks a condition every few milliseconds until it holds.
///
/// Throws when it does not hold in time.
func waitUntil(
    _ what: String,
    within limit: Duration = .seconds(30),
    every pause: TimeInterval = 0.005,
    _ condition: () throws -> Bool
) throws {
    let end = MonotonicTime.now + limit
    while try !condition() {
        guard MonotonicTime.now < end else { throw BenchError("waited \(limit) in vain until \(what)") }
        Thread.sleep(forTimeInterval: pause)
    }
}

/// A loopback port without a listener.
func freePort() throws(BenchError) -> Int {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutableBytes(of: &address) { bytes in
        let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        return bind(fd, pointer, size) == 0 ? getsockname(fd, pointer, &size) : -1
    }
    guard code == 0 else { throw BenchError("no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
}
