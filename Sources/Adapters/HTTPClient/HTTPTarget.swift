package import Base

/// The scheme, host and port of an `http` or `https` URL.
package struct HTTPTarget: Sendable, Equatable {
    /// Whether the connection uses TLS.
    package var isSecure: Bool
    /// Lower case; empty when the host is an address.
    package var name: String
    /// The host, if it is an address.
    package var address: IPAddress?
    /// Never 0.
    package var port: UInt16

    /// Name or address, without brackets.
    package var host: String { address?.description ?? name }

    /// Reads a URL; nil when it is malformed or has another scheme.
    ///
    /// Simple URLs are parsed here in one pass; any URL with something unusual is left to libcurl's parser.
    package init?(_ url: String) {
        var url = url
        if let plain = url.withUTF8(Self.plain) {
            self = plain
            return
        }
        guard let parsed = CurlURL(url), parsed.port > 0 else { return nil }
        let scheme = parsed.scheme
        guard scheme == "http" || scheme == "https", !parsed.host.isEmpty else { return nil }
        let host = parsed.host
        let address = IPAddress(host)
        self.init(isSecure: scheme == "https", name: address == nil ? host : "", address: address, port: parsed.port)
    }

    private init(isSecure: Bool, name: String, address: IPAddress?, port: UInt16) {
        (self.isSecure, self.name, self.address, self.port) = (isSecure, name, address, port)
    }

    private static func plain(_ text: UnsafeBufferPointer<UInt8>) -> HTTPTarget? {
        let isSecure = starts(text, "https://")
        guard isSecure || starts(text, "http://") else { return nil }
        let start = isSecure ? 8 : 7
        var end = start
        var lastLabel = start
        while end < text.count, isHostByte(text[end]) {
            if text[end] == UInt8(ascii: ".") { lastLabel = end + 1 }
            end += 1
        }
        guard end > start, lastLabel < end else { return nil }
        var port = isSecure ? 443 : 80
        var next = end
        if next < text.count, text[next] == UInt8(ascii: ":") {
            (next, port) = (next + 1, 0)
            while next < text.count, text[next] &- 48 <= 9, port <= 0xFFFF {
                (port, next) = (port * 10 + Int(text[next] - 48), next + 1)
            }
        }
        guard (1...0xFFFF).contains(port), next == text.count || [47, 63, 35].contains(text[next]) else { return nil }
        let host = UnsafeBufferPointer(rebasing: text[start..<end])
        if text[lastLabel] &- 48 <= 9 {
            guard let quad = IPAddress.dottedQuad(host) else { return nil }
            return HTTPTarget(isSecure: isSecure, name: "", address: IPAddress(v4: quad), port: UInt16(port))
        }
        let name = String(decoding: host, as: UTF8.self)
        return HTTPTarget(isSecure: isSecure, name: name, address: nil, port: UInt16(port))
    }

    private static func starts(_ text: UnsafeBufferPointer<UInt8>, _ prefix: StaticString) -> Bool {
        guard text.count > prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { prefix in (0..<prefix.count).allSatisfy { text[$0] == prefix[$0] } }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        byte &- 97 < 26 || byte &- 48 <= 9 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
