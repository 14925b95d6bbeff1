import Base
package import Domain

/// The part of a result that seldom changes between the results of one monitor; stored once and referenced.
package struct Observation: Sendable, Equatable {
    package var remoteAddress: String?
    package var httpVersion: String?
    package var finalURL: String?
    package var message: String?
    package var revision: Int64
    /// Not part of the digest, because it follows from the revision.
    package var url: String?
    package var certificate: CertificateFacts?
    package var header: HeaderOutline?

    /// The observation of a result.
    package init(_ result: CheckResult) {
        let outcome = result.outcome
        (remoteAddress, httpVersion, finalURL) = (outcome.remoteAddress, outcome.httpVersion, outcome.finalURL)
        (message, revision, certificate) = (outcome.failure?.message, result.revision, outcome.certificate)
        (url, header) = (result.url, outcome.header)
    }

    /// Puts the observation back into a result.
    package func restore(_ result: inout CheckResult) {
        result.outcome.remoteAddress = remoteAddress
        result.outcome.httpVersion = httpVersion
        result.outcome.finalURL = finalURL
        result.outcome.failure?.message = message ?? ""
        result.outcome.certificate = certificate
        result.outcome.header = header
        (result.revision, result.url) = (revision, url)
    }

    /// Whether there is nothing to store.
    package static func isEmpty(_ result: CheckResult) -> Bool {
        let outcome = result.outcome
        return outcome.remoteAddress == nil && outcome.httpVersion == nil && outcome.finalURL == nil
            && outcome.failure == nil && outcome.certificate == nil && outcome.header == nil
            && result.revision == 0
    }

    /// Equal for equal observations in every process and release.
    package static func digest(_ result: CheckResult) -> Int64 {
        let outcome = result.outcome
        var hash = StableHash()
        hash.combine(outcome.remoteAddress)
        hash.combine(outcome.httpVersion)
        hash.combine(outcome.finalURL)
        hash.combine(outcome.failure?.message)
        hash.combine(UInt64(bitPattern: result.revision))
        if let certificate = outcome.certificate { hash.combine(certificate) }
        if let header = outcome.header { hash.combine(header.digest) }
        return Int64(bitPattern: hash.value)
    }
}

/// A fast hash of structured values whose results may be stored; not for secrets.
private struct StableHash {
    private(set) var value: UInt64 = 0x243F_6A88_85A3_08D3

    mutating func combine(_ word: UInt64) { value = mix64(value ^ word) &+ 0x9E37_79B9_7F4A_7C15 }

    /// Hashes the length too, so that neighbouring texts cannot exchange bytes; nil differs from empty.
    mutating func combine(_ text: String?) {
        guard var text else { return combine(UInt64.max) }
        text.withUTF8 { bytes in
            combine(UInt64(bytes.count))
            var position = 0
            while position + 8 <= bytes.count {
                combine(UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: position, as: UInt64.self))
                position += 8
            }
            var last: UInt64 = 0
            while position < bytes.count {
                last = last << 8 | UInt64(bytes[position])
                position += 1
            }
            combine(last)
        }
    }

    mutating func combine(_ certificate: CertificateFacts) {
        combine(certificate.sha256)
        combine(certificate.subject)
        combine(certificate.issuer)
        combine(UInt64(bitPattern: certificate.notBefore.milliseconds))
        combine(UInt64(bitPattern: certificate.notAfter.milliseconds))
        combine(certificate.valid ? 1 : 0)
        combine(certificate.problem)
        combine(UInt64(certificate.sans.count))
        for name in certificate.sans { combine(name) }
        for link in certificate.chain {
            combine(link.sha256)
            combine(link.subject)
            combine(link.issuer)
            combine(UInt64(bitPattern: link.notBefore.milliseconds))
            combine(UInt64(bitPattern: link.notAfter.milliseconds))
        }
    }
}
