import COpenSSL

/// TLS alerts in words.
enum SSLAlert {
    /// OpenSSL's long name of an alert's number.
    static func text(_ number: Int32) -> String {
        SSL_alert_desc_string_long(number).map { String(cString: $0) } ?? "\(number)"
    }
}
