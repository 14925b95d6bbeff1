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
}
