package import Base
import HTTPClient

extension ValueReader where Value == String {
    /// `ADDRESS:PORT` of a name server; the port defaults to 53, and IPv6 with a port is in brackets.
    package static var nameServer: Self {
        Self(
            expected: "the address of a name server (such as 1.1.1.1:53 or [2606:4700::1111]:53)",
            placeholder: "ADDRESS:PORT",
            read: { text in
                if let address = IPAddress(text) { return "\(address.urlText):53" }
                guard let colon = text.lastIndex(of: ":"), let address = IPAddress(String(text[..<colon])),
                    let port = UInt16(text[text.index(after: colon)...]), port > 0,
                    address.family == .v4 || text.hasPrefix("[")
                else { return nil }
                return "\(address.urlText):\(port)"
            },
            write: { $0 }
        )
    }
}
