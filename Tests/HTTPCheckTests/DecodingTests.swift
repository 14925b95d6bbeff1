import Base
import Domain
import HTTPCheck
import TestSupport
import Testing

/// Compressed bodies: complete ones are searched, truncated ones are never accepted.
@Suite struct DecodingTests {
    /// "hello world hello" in the three forms that servers send.
    static let bodies: [(coding: String, bytes: [UInt8])] = [
        ("gzip", gzip),
        (
            "deflate",
            [
                120, 156, 203, 72, 205, 201, 201, 87, 40, 207, 47, 202, 73, 81, 200, 0, 177, 1, 59, 32, 6, 145,
            ]
        ),
        ("br", [11, 8, 128, 104, 101, 108, 108, 111, 32, 119, 111, 114, 108, 100, 32, 104, 101, 108, 108, 111, 3]),
        (
            "zstd",
            [
                40, 181, 47, 253, 32, 17, 137, 0, 0, 104, 101, 108, 108, 111, 32, 119, 111, 114, 108, 100, 32, 104, 101,
                108, 108, 111,
            ]
        ),
        ("deflate", [203, 72, 205, 201, 201, 87, 40, 207, 47, 202, 73, 81, 200, 0, 177, 1]),
    ]
    private static let gzip: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 87, 40, 207, 47, 202, 73, 81, 200, 0, 177, 1, 93, 229,
        208, 169, 17, 0, 0, 0,
    ]

    private func run(
        _ coding: String,
        _ bytes: [UInt8],
        _ change: (inout HTTPSettings.Options) -> Void = { $0.keyword = "world hello" }
    ) async throws -> Outcome {
        let target = LoopbackTarget.answering { _, connection in
            connection.respond("200 OK", headers: ["Content-Encoding: \(coding)"], bytes: bytes)
        }
        return await (try ProbeBench()).run(target.url(), change)
    }

    /// RFC 9110 §5.6.1: a list may hold empty elements.
    @Test(arguments: ["gzip,", ", gzip", "gzip, ,", "identity, gzip"])
    func emptyElementsOfTheListMeanNothing(_ coding: String) async throws {
        let outcome = try await run(coding, Self.gzip)
        #expect(outcome.failure == nil && outcome.bodyBytes == 17, "\(String(describing: outcome.failure))")
    }

    @Test(arguments: bodies.indices) func wholeDecodedBodyIsSearched(_ index: Int) async throws {
        let (coding, bytes) = Self.bodies[index]
        let outcome = try await run(coding, bytes)
        #expect(outcome.failure == nil && outcome.bodyBytes == 17)
        expect(try await run(coding, bytes) { $0.forbiddenKeyword = "world" }, .assertionBody, .assertion)
    }

    @Test(arguments: bodies.indices) func truncatedBodyIsIncomplete(_ index: Int) async throws {
        let (coding, bytes) = Self.bodies[index]
        for count in [1, 2, bytes.count / 2, bytes.count - 1] {
            let outcome = try await run(coding, Array(bytes.prefix(count))) { $0.forbiddenKeyword = "absent" }
            expect(outcome, .httpDecoding, .transfer)
        }
    }

    @Test(arguments: ["gzip, br", "gzip\r\nContent-Encoding: br"])
    func bodyWithSeveralCodingsIsNotSearched(_ codings: String) async throws {
        let outcome = try await run(codings, Self.gzip)
        expect(outcome, .httpDecoding, .transfer)
        #expect(outcome.failure?.message.contains("several content codings") == true)
    }

    @Test func wrongChecksumIsDetected() async throws {
        var bytes = Self.gzip
        bytes[27] ^= 1
        expect(try await run("gzip", bytes), .httpDecoding, .transfer)
    }

    @Test func everyGzipMemberIsDecoded() async throws {
        let twice = try await run("x-gzip", Self.gzip + Self.gzip) { $0.keyword = "hellohello" }
        #expect(twice.failure == nil && twice.bodyBytes == 34)
        expect(try await run("gzip", Self.gzip + Self.gzip.dropLast(3)), .httpDecoding, .transfer)
        #expect(try await run("gzip", Self.gzip + [0, 0, 0]).failure == nil)
    }

    @Test func emptyBodyNeedsNoDecoding() async throws {
        #expect(try await run("gzip", []) { $0.forbiddenKeyword = "a" }.failure == nil)
    }

    @Test(arguments: ["compress", "gzip, gzip"]) func otherCodingsCannotBeSearched(_ coding: String) async throws {
        expect(try await run(coding, Self.gzip) { $0.forbiddenKeyword = "a" }, .httpDecoding, .transfer)
        #expect(try await run(coding, Self.gzip) { _ in }.failure == nil)
    }

    @Test func decodedBytesAreLimited() async throws {
        expect(
            try await run("gzip", Self.gzip) { ($0.keyword, $0.maximumBody) = ("h", 16) },
            .httpBodyTooLarge,
            .transfer
        )
    }

    @Test(arguments: bodies.indices) func codedBodyThatNobodySearchesIsDecodedToo(_ index: Int) async throws {
        let (coding, bytes) = Self.bodies[index]
        let whole = try await run(coding, bytes) { _ in }
        #expect(whole.failure == nil && whole.bodyBytes == 17)
        for count in [1, bytes.count / 2, bytes.count - 1] {
            expect(try await run(coding, Array(bytes.prefix(count))) { _ in }, .httpDecoding, .transfer)
        }
        expect(try await run(coding, [255, 255] + bytes) { _ in }, .httpDecoding, .transfer)
        expect(try await run(coding, bytes) { $0.maximumBody = 16 }, .httpBodyTooLarge, .transfer)
    }

    @Test(arguments: ["", "a"]) func smallBodyThatGrowsWithoutEndIsCut(_ keyword: String) async throws {
        // 4 MB of zeros in 26 kB.
        let bomb = Self.gzipOfZeros(blocks: 64)
        #expect(bomb.count < 30_000)
        let outcome = try await run("gzip", bomb) { options in
            if !keyword.isEmpty { options.forbiddenKeyword = keyword }
            options.maximumBody = 100_000
        }
        expect(outcome, .httpBodyTooLarge, .transfer)
        #expect(outcome.bodyBytes < 200_000)
    }

    @Test func streamThatNeverDecodesToAnythingIsCut() async throws {
        // Empty stored blocks, none of them the last.
        let header: [UInt8] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3]
        let empty = [[UInt8]](repeating: [0, 0, 0, 0xFF, 0xFF], count: 20_000).flatMap { $0 }
        let outcome = try await run("gzip", header + empty) { $0.maximumBody = 10_000 }
        expect(outcome, .httpBodyTooLarge, .transfer)
        #expect(outcome.bodyBytes == 0)
    }

    @Test func rangeOfCodedBodyIsNotDecoded() async throws {
        let target = LoopbackTarget.answering { _, connection in
            let half = Array(Self.gzip.dropFirst(4).dropLast(4))
            connection.respond("206 Partial Content", headers: ["Content-Encoding: gzip"], bytes: half)
        }
        let bench = try ProbeBench()
        let outcome = await bench.run(target.url()) { $0.headers = [.init(name: "Range", value: "bytes=4-32")] }
        #expect(outcome.failure == nil && outcome.bodyBytes == Self.gzip.count - 8)
        expect(await bench.run(target.url()) { $0.keyword = "hello" }, .httpDecoding, .transfer)
    }

    @Test func answerToHEADHasNothingToDecode() async throws {
        let target = LoopbackTarget.answering { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 37\r\n\r\n")
            connection.close()
        }
        let outcome = await (try ProbeBench()).run(target.url()) { $0.method = "HEAD" }
        #expect(outcome.failure == nil, "\(String(describing: outcome.failure))")
    }

    /// A gzip stream of stored and repeated zeros, as long as that many blocks of 64 kB; its checksum is wrong.
    private static func gzipOfZeros(blocks: Int) -> [UInt8] {
        // Fixed Huffman codes: a literal zero, then repetitions of length 258 at distance 1.
        var bits: [Bool] = [false, true, false]
        func code(_ value: Int, _ length: Int) {
            for place in (0..<length).reversed() { bits.append(value >> place & 1 == 1) }
        }
        code(0x30, 8)
        for _ in 0..<blocks * 254 {
            code(0xC5, 8)  // Length 258.
            code(0, 5)  // Distance 1.
        }
        code(0, 7)
        var bytes: [UInt8] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3]
        for start in stride(from: 0, to: bits.count, by: 8) {
            var byte: UInt8 = 0
            for place in 0..<8 where start + place < bits.count && bits[start + place] { byte |= 1 << UInt8(place) }
            bytes.append(byte)
        }
        return bytes
    }
}
