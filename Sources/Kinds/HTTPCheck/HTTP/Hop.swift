import Base
import HTTPClient

/// One request of a check: its destination and its progress.
struct Hop {
    var url = ""
    /// nil until the URL is parsed.
    var target: HTTPTarget?
    var startedAt = MonotonicTime(nanoseconds: 0)
    /// When resolving ended; nil when nothing needs resolving or it is still running.
    var resolvedAt: MonotonicTime?
    var isResolving = false
    /// When libcurl first and last started to connect.
    var firstAttemptAt: MonotonicTime?
    var attemptAt: MonotonicTime?
    /// The addresses to connect to: the proxy's or the target's.
    var addresses: [IPAddress] = []
    var addressIndex = 0
    /// The target's address, for proxies that need one.
    var targetAddress: IPAddress?
    var proxy: ProxyTarget?
    /// Whether only the kept connection may be used.
    var expectsKeptConnection = false
    var wasRefusedConnection = false
    /// Why the policy refused an address.
    var refusal: String?
    /// The errno of a socket that could not be created.
    var socketError: Int32 = 0
    /// The connection's socket; -1 before there is one.
    var socket: Int32 = -1
    /// The first bytes of the answer, where nothing else says whether the target speaks HTTP/2.
    var firstBytes: FirstBytes?
    var peer: (address: IPAddress, port: UInt16)?
    var sslContexts = 0

    var hasMoreAddresses: Bool { addressIndex + 1 < addresses.count }
}

/// A parsed proxy URL.
struct ProxyTarget {
    let scheme: String
    let host: String
    let port: UInt16
    let url: String

    /// Whether the proxy uses HTTP.
    var isHTTP: Bool { scheme == "http" || scheme == "https" }
    /// Whether the proxy needs an address in place of a name.
    var needsAddress: Bool { scheme == "socks4" || scheme == "socks5" }

    /// nil when the text is not a proxy's URL.
    init?(_ text: String) {
        guard let parsed = CurlURL(text.contains("://") ? text : "http://" + text) else { return nil }
        scheme = parsed.scheme
        guard ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(scheme) else { return nil }
        host = parsed.host
        port = parsed.port > 0 ? parsed.port : 1080
        url = parsed.text
        guard !host.isEmpty else { return nil }
    }

    /// The URL with an address in place of the host's name, and with its port.
    func url(at address: IPAddress) -> String {
        guard let parsed = CurlURL(url), parsed.setHost(address.urlText), parsed.setPort(port) else { return "" }
        return parsed.text
    }
}
