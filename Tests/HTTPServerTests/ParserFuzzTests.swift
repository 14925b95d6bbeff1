import Base
import Glibc
import HTTPServer
import TestSupport
import Testing

/// Mutated inputs, each parsed whole and in random pieces: the results must agree and nothing may trap.
///
/// `SENTINEL_FUZZ_ROUNDS` and `SENTINEL_FUZZ_SEED` set the number of rounds and the seed.
@Suite struct ParserFuzzTests {
    private static let rounds = environment("SENTINEL_FUZZ_ROUNDS") ?? 4000
    private static let seed = environment("SENTINEL_FUZZ_SEED") ?? 20_261_121

    private static func environment(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    private static let special: [UInt8] = [0, 9, 10, 13, 32, 44, 45, 47, 48, 57, 58, 59, 63, 65, 70, 127, 128, 255]

    private func mutate(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            let byte = Self.special.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] = byte
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(byte, at: index)
            case 3: bytes.removeLast(bytes.count - index)
            case 4: bytes[index] = UInt8.random(in: 0...255, using: &random)
            default: bytes.insert(contentsOf: bytes.prefix(index), at: index)
            }
        }
        return bytes
    }

    /// A parser's end state, comparable across splits.
    private enum Verdict: Equatable {
        case incomplete
        case rejected
        case head(String, query: String?, fields: [String], RequestHead.Framing, count: Int)
    }

    private func verdict(_ outcome: HeadParser.Outcome) -> Verdict {
        switch outcome {
        case .incomplete: .incomplete
        case .rejected: .rejected
        case .head(let head, let count):
            .head(
                "\(head.method) \(head.path) \(head.minorVersion)",
                query: head.query,
                fields: head.headers.map { "\($0.name): \($0.value)" },
                head.framing,
                count: count
            )
        }
    }

    @Test func headsParseTheSameHoweverTheyAreSplit() {
        let seeds = [
            "GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nX-Y: z\r\n\r\n",
            "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
            "POST /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "OPTIONS * HTTP/1.0\r\n\r\n", "\r\nPATCH /x HTTP/1.1\r\nHost:a\r\nA:\r\nB: \t \r\n\r\n",
        ].map { Array($0.utf8) }
        var random = SeededGenerator(seed: UInt64(Self.seed))
        var counts: [String: Int] = [:]
        var limits = Limits()
        limits.headBytes = 200
        for round in 0..<Self.rounds {
            let bytes = mutate(seeds[round % seeds.count], &random)
            var whole = HeadParser()
            let expected = verdict(whole.parse(bytes.span, limits))
            var parser = HeadParser()
            var (actual, end) = (Verdict.incomplete, 0)
            while end < bytes.count, actual == .incomplete {
                end = min(bytes.count, end + Int.random(in: 1...9, using: &random))
                // A separate copy, so that a sanitizer sees any read beyond it.
                let piece = Array(bytes[..<end])
                actual = verdict(parser.parse(piece.span, limits))
            }
            #expect(actual == expected, "seed \(Self.seed), round \(round): \(bytes)")
            switch actual {
            case .incomplete: counts["incomplete", default: 0] += 1
            case .rejected: counts["rejected", default: 0] += 1
            case .head: counts["head", default: 0] += 1
            }
        }
        #expect(counts.count == 3 && counts.values.allSatisfy { $0 > Self.rounds / 50 }, "\(counts)")
    }

    @Test func chunksDecodeTheSameHoweverTheyAreSplit() {
        let seeds = [
            "5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\nGET", "0\r\n\r\n", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
        ].map { Array($0.utf8) }
        var random = SeededGenerator(seed: UInt64(Self.seed) &+ 1)
        var (done, failed) = (0, 0)
        for round in 0..<Self.rounds {
            let bytes = mutate(seeds[round % seeds.count], &random)
            let whole = decode(bytes, pieces: [bytes.count])
            var (pieces, left) = ([Int](), bytes.count)
            while left > 0 {
                pieces.append(min(left, Int.random(in: 1...4, using: &random)))
                left -= pieces[pieces.count - 1]
            }
            let cut = decode(bytes, pieces: pieces)
            #expect(cut == whole, "seed \(Self.seed), round \(round): \(bytes)")
            if whole.isDone { done += 1 }
            if whole.failure != nil { failed += 1 }
        }
        #expect(done > Self.rounds / 50 && failed > Self.rounds / 50)
    }

    private struct Decoded: Equatable {
        var output: [UInt8] = []
        var used = 0
        var isDone = false
        var failure: ChunkDecoder.FramingError?
    }

    private func decode(_ bytes: [UInt8], pieces: [Int]) -> Decoded {
        var decoder = ChunkDecoder(limit: 1000)
        var (decoded, start) = (Decoded(), 0)
        for count in pieces where !decoder.isDone && decoded.failure == nil {
            let piece = Array(bytes[start..<start + count])
            start += count
            do throws(ChunkDecoder.FramingError) {
                decoded.used += try decoder.decode(piece.span, into: &decoded.output)
            } catch {
                decoded.failure = error
            }
        }
        // How much was decoded before a failure depends on the split; the failure does not.
        if decoded.failure != nil { (decoded.output, decoded.used) = ([], 0) }
        decoded.isDone = decoder.isDone
        return decoded
    }

    @Test func framesDecodeTheSameHoweverTheyAreSplit() {
        let seeds = [
            clientFrame(0x81, Array("hello".utf8)) + clientFrame(0x88, [3, 0xE8]),
            clientFrame(0x01, [0xC3]) + clientFrame(0x89, [1]) + clientFrame(0x80, [0xBC]),
            clientFrame(0x82, [UInt8](repeating: 9, count: 200)),
        ]
        var random = SeededGenerator(seed: UInt64(Self.seed) &+ 2)
        var seen: Set<String> = []
        for round in 0..<Self.rounds {
            let bytes = mutate(seeds[round % seeds.count], &random)
            let whole = events(bytes, step: bytes.count)
            let cut = events(bytes, step: Int.random(in: 1...5, using: &random))
            #expect(cut == whole, "seed \(Self.seed), round \(round): \(bytes)")
            for event in whole { seen.insert(String("\(event)".prefix(5))) }
        }
        #expect(seen.isSuperset(of: ["messa", "ping(", "close", "faile", "none"]))
    }

    /// The events of a stream that arrives `step` bytes at a time.
    private func events(_ bytes: [UInt8], step: Int) -> [FrameDecoder.Event] {
        var decoder = FrameDecoder(limit: 1000)
        var (events, start, end) = ([FrameDecoder.Event](), 0, 0)
        while end < bytes.count {
            end = min(bytes.count, end + max(1, step))
            while start < end {
                let piece = Array(bytes[start..<end])
                let (event, count) = decoder.decode(piece.span)
                if event == .incomplete { break }
                events.append(event)
                if case .failed = event { return events }
                start += count
            }
        }
        return events
    }
}
