import CCurl
import Checks
import HTTPClient
import Sockets

extension HTTPCheckRun {
    /// Whether the request is sent as HTTP/2 without asking whether the target speaks it.
    var wantsHTTP2Unasked: Bool { options.httpVersion == .http2PriorKnowledge }

    /// Whether the TLS handshake agreed on HTTP/2.
    var agreedOnHTTP2: Bool { hop.target?.isSecure == true && tls.speaksHTTP2 }

    /// Whether the target speaks HTTP/2, by what it sent or agreed on; nil when that is not known.
    private var speaksHTTP2: Bool? {
        if agreedOnHTTP2 || response.version?.description == "2" { return true }
        guard let bytes = hop.firstBytes?.bytes, !bytes.isEmpty else { return nil }
        return Self.isFrame(bytes)
    }

    /// Whether bytes begin a frame of HTTP/2: at most 16 KiB long, of one of the types of RFC 9113 §6.
    ///
    /// A text does not: its first byte would be the top of a length of megabytes.
    static func isFrame(_ bytes: [UInt8]) -> Bool {
        guard bytes.first == 0, bytes.count >= 4 else { return false }
        return Int(bytes[1]) << 8 | Int(bytes[2]) <= 16_384 && bytes[3] <= 9
    }

    /// The failure of an exchange in HTTP/2, or with a target that may not speak it.
    func http2Failure(_ code: CURLcode, _ phase: Phase) -> Outcome.Failure {
        let text = easy?.message ?? ""
        let isCut = phase == .transfer
        if let start = text.firstRange(of: "cleanly: ") {
            let name = text[start.upperBound...].prefix { $0 != " " }
            guard name == "PROTOCOL_ERROR" else {
                return .init(isCut ? .httpTruncated : .httpReset, in: phase, "the HTTP/2 stream was reset (\(name))")
            }
            return .init(
                isCut ? .httpTruncated : .httpMalformed,
                in: phase,
                "the HTTP/2 answer violates the protocol, or the target found the request to do so (PROTOCOL_ERROR)"
            )
        }
        let isKnown = speaksHTTP2
        if wantsHTTP2Unasked, response.status == 0, isKnown == false || (isKnown == nil && code != CURLE_HTTP2) {
            return .init(.assertionVersion, in: .assertion, "the target does not speak HTTP/2")
        }
        // libcurl ends so at a GOAWAY that leaves the request unanswered.
        if code == CURLE_HTTP2 {
            let place = isCut ? "in the middle of the body" : "before its answer"
            return .init(
                isCut ? .httpTruncated : .httpReset,
                in: phase,
                "the target ended the HTTP/2 connection \(place) (GOAWAY)"
            )
        }
        return .init(isCut ? .httpTruncated : .httpMalformed, in: phase, "the HTTP/2 frames are broken")
    }

    /// The failure behind a text of libcurl that names HTTP/2's own errors; nil for any other.
    func http2Breakage(_ phase: Phase, _ text: String) -> Outcome.Failure? {
        // libcurl repeats a refused request, and nothing else, on new connections.
        if text.contains("Connection died") {
            return .init(.httpReset, in: phase, "the target refused the HTTP/2 stream again and again (REFUSED_STREAM)")
        }
        guard text.contains("nghttp2") else { return nil }
        if wantsHTTP2Unasked, response.status == 0, speaksHTTP2 == false {
            return .init(.assertionVersion, in: .assertion, "the target does not speak HTTP/2")
        }
        // -902: libcurl refused a header of more than 100 kB.
        return phase == .firstByte && text.contains("-902")
            ? .init(.httpHeaderTooLarge, in: phase, "the header is over 100 kB")
            : .init(phase == .transfer ? .httpTruncated : .httpMalformed, in: phase, "the HTTP/2 frames are broken")
    }
}
