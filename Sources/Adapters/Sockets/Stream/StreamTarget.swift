package import Base
package import Checks
package import HTTPClient

/// Where a stream connects to and how it is protected.
package struct StreamTarget: Sendable, Equatable {
    /// A name or an address.
    package var host: String
    package var port: UInt16
    /// The requested address families.
    package var family = Resolver.Family.any
    /// `ADDRESS:PORT` of the name server; nil uses the configured one.
    package var resolver: String?
    /// Addresses to connect to in place of resolving the host; empty resolves it.
    package var addresses: [IPAddress] = []
    /// The protocol for STARTTLS.
    package var startTLS = StartTLS.none
    /// nil uses no TLS.
    package var tls: TLSOptions?

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension StreamTarget {
    /// The settings `host` and `port` of `HOST:PORT` or `[IPV6]:PORT`; only `host` without a port.
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
    /// The STARTTLS dialogue in clear text.
    package var dialog: Duration?
    package var tls: Duration?

    package init() {}
}

/// The user of a stream; every call is made on the loop, none during `StreamConnection.open`.
package protocol StreamOwner: AnyObject {
    /// The stream is open, over TLS if requested.
    func streamOpened()
    /// Bytes arrived; valid only during the call.
    func streamReceived(_ bytes: UnsafeRawBufferPointer)
    /// The peer will send no more.
    func streamEnded()
    /// All waiting bytes have been sent.
    func streamSent()
    /// The stream broke or its deadline passed; the owner must close it.
    ///
    /// The reasons are those of the phases `dns`, `connect`, `tls`, `request` (`answer_timeout`, `answer_closed`,
    /// `answer_malformed`), `policy` and `internal`.
    func streamFailed(_ failure: Outcome.Failure)
}

extension StreamOwner {
    package func streamSent() {}
}
