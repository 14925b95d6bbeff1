import Base
import Dispatch
import Glibc
import Runtime

/// Why a request's body cannot be built, for people.
struct BodyFlaw: Error {
    let text: String
}

/// The files whose bytes are sent as request bodies; they are read off the loop, and again only when they have changed.
///
/// Confined to its loop.
final class BodyFiles {
    typealias Answer = (Result<[UInt8], BodyFlaw>) -> Void

    private let loop: EventLoop
    private let reader = BodyFileReader()
    private var kept: [String: BodyFile] = [:]
    private var waiting: [String: [Answer]] = [:]
    private static let keptLimit = 32
    private static let waitingLimit = 1000

    init(loop: EventLoop) { self.loop = loop }

    /// Reads a file of at most `HTTPLimits.bodyFile` bytes; the answer comes later, never during this call.
    func read(_ path: String, _ answer: @escaping Answer) {
        let isReading = waiting[path] != nil
        if isReading, waiting[path, default: []].count >= Self.waitingLimit {
            return loop.execute { [answer = LoopBox(answer)] in
                answer.value(
                    .failure(BodyFlaw(text: "the body file \(path) cannot be read: reading it takes too long"))
                )
            }
        }
        waiting[path, default: []].append(answer)
        guard !isReading else { return }
        let (reader, known, loop) = (reader, kept[path], loop)
        // Invariant: read and changed on the loop alone.
        let me = LoopBox(self)
        reader.read(path, unless: known) { found in
            loop.execute { me.value.finish(path, found) }
        }
    }

    private func finish(_ path: String, _ found: Result<BodyFile, BodyFlaw>) {
        switch found {
        case .success(let file):
            if kept.count >= Self.keptLimit, kept[path] == nil { kept = [:] }
            kept[path] = file
        case .failure: kept[path] = nil
        }
        for answer in waiting.removeValue(forKey: path) ?? [] { answer(found.map(\.bytes)) }
    }
}

/// Carries a value that is used on one loop alone through a closure that is run there.
// Invariant: the value is made and used on the same loop's thread.
private struct LoopBox<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

/// The bytes of a file, and what shows that it has not changed since.
private struct BodyFile: Sendable {
    /// Device, inode, size and the times of the last changes.
    struct Stamp: Sendable, Equatable {
        private let numbers: [Int]
        private let times: [UInt8]

        init(_ status: stat) {
            numbers = [Int(status.st_dev), Int(status.st_ino), status.st_size]
            times =
                withUnsafeBytes(of: status.st_mtim) { Array($0) } + withUnsafeBytes(of: status.st_ctim) { Array($0) }
        }
    }

    let stamp: Stamp
    let bytes: [UInt8]
}

/// Reads files on its own queue, because a file system may block; no thread of the shared pool takes part.
private final class BodyFileReader: Sendable {
    private let queue = DispatchQueue(label: "sentinel.body-files")

    /// Answers with the known file if it has not changed, otherwise with the regular file at a path.
    ///
    /// Never waits for a pipe.
    func read(
        _ path: String,
        unless known: BodyFile?,
        _ answer: @escaping @Sendable (Result<BodyFile, BodyFlaw>) -> Void
    ) {
        queue.async {
            do throws(BodyFlaw) {
                answer(.success(try Self.file(path, unless: known)))
            } catch {
                answer(.failure(error))
            }
        }
    }

    private static func file(_ path: String, unless known: BodyFile?) throws(BodyFlaw) -> BodyFile {
        func flaw(_ text: String) -> BodyFlaw { BodyFlaw(text: "the body file \(path) \(text)") }
        func flaw(_ code: Int32) -> BodyFlaw { flaw("cannot be read: \(String(cString: strerror(code)))") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw flaw(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw flaw(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw flaw("is no regular file") }
        let stamp = BodyFile.Stamp(status)
        if let known, known.stamp == stamp { return known }
        var bytes = [UInt8](repeating: 0, count: HTTPLimits.bodyFile + 1)
        var count = 0
        while count < bytes.count {
            let start = count
            let got = bytes.withUnsafeMutableBytes { bytes in
                Glibc.read(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw flaw(errno) }
            if got == 0 { break }
            count += got
        }
        guard count <= HTTPLimits.bodyFile else { throw flaw("is larger than \(HTTPLimits.bodyFile) bytes") }
        let body = Array(bytes.prefix(count))
        // The folder also holds the keys of clients, which no monitor may send.
        guard body.firstRange(of: Array("PRIVATE KEY-----".utf8)) == nil else {
            throw flaw("holds a private key, which is not sent")
        }
        return BodyFile(stamp: stamp, bytes: body)
    }
}
