package import Base
package import Checks
package import HTTPClient

/// Where a stream goes and how it is protected.
package struct StreamTarget: Sendable, Equatable {
    /// A name or an address.
    package var host: String
    package var port: UInt16
    /// Which addresses of a name are wanted.
    package var family = Resolver.Family.any
    /// `ADDRESS:PORT` of the name server; nil means the configuration's.
    package var resolver: String?
    /// What is connected to instead of looking the host up; empty looks it up.
    package var addresses: [IPAddress] = []
    /// In whose words TLS is asked for before it begins.
    package var startTLS = StartTLS.none
    /// nil speaks in clear.
    package var tls: TLSOptions?

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension StreamTarget {
    /// The settings `host` and `port` of `HOST:PORT` or `[IPV6]:PORT`; of `host` alone where there is no port.
    package static func members(ofText text: String) -> JSONObject {
        // An IPv6 address without brackets has no port.
        guard IPAddress(text) == nil, let colon = text.lastIndex(of: ":") else {
            return JSONObject([("host", .string(text))])
        }
        let port = text[text.index(after: colon)...]
        return JSONObject([
            ("host", .string(String(text[..<colon]))),
            ("port", Int64(port).map { .integer($0) } ?? .string(String(port))),
        ])
    }
}

/// How long each part of opening a stream took; nil when it was not reached.
package struct StreamTimes: Sendable, Equatable {
    package var dns: Duration?
    package var connect: Duration?
    /// Asking for TLS in clear (STARTTLS).
    package var dialog: Duration?
    package var tls: Duration?

    package init() {}
}

/// Who uses a stream; every call comes from the loop, none from inside a call of `StreamConnection.open`.
package protocol StreamOwner: AnyObject {
    /// Bytes can be exchanged, over TLS where that was wanted.
    func streamOpened()
    /// Bytes came; valid during the call.
    func streamReceived(_ bytes: UnsafeRawBufferPointer)
    /// The peer sends no more.
    func streamEnded()
    /// What waited for the peer to take it has left.
    func streamSent()
    /// The stream broke, or its deadline passed; the owner closes it.
    ///
    /// The reasons are those of the phases `dns`, `connect`, `tls`, `request` (`answer_timeout`, `answer_closed`,
    /// `answer_malformed`), `policy` and `internal`.
    func streamFailed(_ failure: Outcome.Failure)
}

extension StreamOwner {
    package func streamSent() {}
}
