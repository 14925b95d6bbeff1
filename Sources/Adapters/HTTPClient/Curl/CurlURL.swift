import CCurl

/// A URL parsed by libcurl, for URLs that the fast parser does not handle and for redirects.
package struct CurlURL: ~Copyable {
    private let handle: OpaquePointer

    /// nil when the text is not an absolute URL.
    package init?(_ text: String) {
        guard let handle = curl_url() else { return nil }
        guard curl_url_set(handle, CURLUPART_URL, text, Self.flags) == CURLUE_OK else {
            curl_url_cleanup(handle)
            return nil
        }
        self.handle = handle
    }

    deinit { curl_url_cleanup(handle) }

    private static let flags = UInt32(CURLU_NON_SUPPORT_SCHEME)

    /// Resolves a reference as a browser would; false when it is malformed.
    package func resolve(_ reference: String) -> Bool {
        guard curl_url_set(handle, CURLUPART_URL, reference, Self.flags | UInt32(CURLU_URLENCODE)) == CURLUE_OK else {
            return false
        }
        curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0)
        return true
    }

    /// Replaces the host; false when it is malformed.
    package func setHost(_ host: String) -> Bool { curl_url_set(handle, CURLUPART_HOST, host, 0) == CURLUE_OK }

    /// Replaces the port; false when libcurl has no memory.
    package func setPort(_ port: UInt16) -> Bool { curl_url_set(handle, CURLUPART_PORT, "\(port)", 0) == CURLUE_OK }

    /// Removes user name and password.
    package func removeUserInfo() {
        curl_url_set(handle, CURLUPART_USER, nil, 0)
        curl_url_set(handle, CURLUPART_PASSWORD, nil, 0)
    }

    /// Lower case.
    package var scheme: String { part(CURLUPART_SCHEME).lowercased() }
    /// In the ASCII form for name servers; IPv6 in brackets.
    package var host: String { (part(CURLUPART_HOST, UInt32(CURLU_PUNYCODE))).lowercased() }
    /// The scheme's default port when the URL has none; 0 when there is neither.
    package var port: UInt16 { UInt16(part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))) ?? 0 }
    /// Whether there is a user name or a password.
    package var hasUserInfo: Bool { !part(CURLUPART_USER).isEmpty || !part(CURLUPART_PASSWORD).isEmpty }
    /// The whole URL.
    package var text: String { part(CURLUPART_URL) }

    private func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String {
        var found: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &found, flags) == CURLUE_OK, let found else { return "" }
        defer { curl_free(found) }
        return String(cString: found)
    }
}
