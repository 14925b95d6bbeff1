import Base
import Foundation

/// The C server that the benchmarks check: `Benchmarks/target.c`.
final class LoopbackTarget {
    let ports: [Int]
    private let process: ChildProcess

    /// Starts it on that many free ports.
    init(_ options: Options, in folder: WorkFolder, ports count: Int = 1) throws {
        let output = folder.file("target.log")
        process = try ChildProcess(["\(options.tools)/target", "0", "\(count)"], output: output)
        var ports: [Int] = []
        try waitUntil("the target listens") {
            let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            ports = text.hasSuffix("\n") ? text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } : []
            return ports.count == count
        }
        self.ports = ports
    }

    deinit { process.kill() }

    /// A URL on one of the ports.
    func url(_ path: String, port index: Int = 0) -> String { "http://127.0.0.1:\(ports[index])\(path)" }
}
