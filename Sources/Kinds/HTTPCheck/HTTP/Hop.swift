import Base
import HTTPClient

/// One request of a check: where it goes and how far it came.
struct Hop {
    var url = ""
    /// nil until the URL was read.
    var target: HTTPTarget?
    var startedAt = MonotonicTime(nanoseconds: 0)
    /// When resolving ended; nil when nothing had to be resolved, or is still.
    var resolvedAt: MonotonicTime?
    var isResolving = false
    /// When libcurl was first and last asked to connect.
    var firstAttemptAt: MonotonicTime?
    var attemptAt: MonotonicTime?
    /// Where to connect: the proxy's addresses, or the target's.
    var addresses: [IPAddress] = []
    var addressIndex = 0
    /// The target's address, for proxies that want one.
    var targetAddress: IPAddress?
    var proxy: ProxyTarget?
    /// Whether the kept connection was offered, and only it.
    var expectsKeptConnection = false
    var wasRefusedConnection = false
    /// Why the policy forbade an address.
    var refusal: String?
    /// errno of a socket that could not be made.
    var socketError: Int32 = 0
    /// The connection's; -1 before there is one.
    var socket: Int32 = -1
    var peer: (address: IPAddress, port: UInt16)?
    var sslContexts = 0

    var hasMoreAddresses: Bool { addressIndex + 1 < addresses.count }
}

/// A proxy's URL, read.
struct ProxyTarget {
    let scheme: String
    let host: String
    let port: UInt16
    let url: String

    /// Whether the proxy is spoken to in HTTP.
    var isHTTP: Bool { scheme == "http" || scheme == "https" }
    /// Whether the proxy is given an address, not a name.
    var needsAddress: Bool { scheme == "socks4" || scheme == "socks5" }

    /// nil when the text is no proxy's URL.
    init?(_ text: String) {
        guard let parsed = CurlURL(text.contains("://") ? text : "http://" + text) else { return nil }
        scheme = parsed.scheme
        guard ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(scheme) else { return nil }
        host = parsed.host
        port = parsed.port > 0 ? parsed.port : 1080
        url = parsed.text
        guard !host.isEmpty else { return nil }
    }

    /// The URL with the host's address in place of its name, and with its port.
    func url(at address: IPAddress) -> String {
        guard let parsed = CurlURL(url), parsed.setHost(address.urlText), parsed.setPort(port) else { return "" }
        return parsed.text
    }
}
