package import Base

/// A name server as people write it: an address or a name, optionally with a port.
///
/// `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:53`, `ns1.example.org`, `ns1.example.org:53`.
package struct ServerName: Sendable, Equatable {
    /// In lower case, an IPv6 address without brackets.
    package let host: String
    /// nil when the host is a name.
    package let address: IPAddress?
    /// nil when no port is given.
    package let port: UInt16?

    /// Parses a name server.
    ///
    /// Throws `FieldReason` in words: a zone, a port outside of 1 to 65535, an IPv6 address with a port but without
    /// brackets, or an invalid name.
    package init(_ text: String) throws(FieldReason) {
        if let address = IPAddress(text) {
            self.init(address.description, address, nil)
            return
        }
        if HostName.hasZone(text) { throw FieldReason(HostName.zoneAdvice) }
        var name = text[...]
        var port: UInt16?
        if let colon = text.lastIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard digits.utf8.allSatisfy({ $0 &- 48 <= 9 }), let number = UInt16(digits), number > 0 else {
                throw FieldReason("the port is not a number from 1 to 65535")
            }
            port = number
            name = text[..<colon]
            guard name.hasPrefix("[") == name.hasSuffix("]"), name.hasPrefix("[") || !name.contains(":") else {
                throw FieldReason("an IPv6 address with a port stands in brackets: [2001:db8::1]:53")
            }
            if let address = IPAddress(String(name)) {
                self.init(address.description, address, port)
                return
            }
        }
        do throws(TargetURL.ParseError) {
            self.init(try HostName.checked(name), nil, port)
        } catch {
            guard case .malformed(let reason) = error else { throw FieldReason("the host name is invalid") }
            throw FieldReason(reason)
        }
    }

    private init(_ host: String, _ address: IPAddress?, _ port: UInt16?) {
        self.host = host
        self.address = address
        self.port = port
    }

    /// The server as people write it.
    package var text: String {
        guard let port else { return host }
        return "\(address?.urlText ?? host):\(port)"
    }

    /// Why a text is not a name server.
    package struct FieldReason: Error, Sendable, Equatable {
        package let text: String
        init(_ text: String) { self.text = text }
    }
}
