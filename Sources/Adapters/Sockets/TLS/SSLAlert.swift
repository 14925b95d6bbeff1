import COpenSSL

/// TLS alerts in words.
package enum SSLAlert {
    /// OpenSSL's long name of an alert.
    package static func text(_ number: Int32) -> String {
        // OpenSSL 3.0 has no name for the newest alert.
        number == 116
            ? "certificate required" : SSL_alert_desc_string_long(number).map { String(cString: $0) } ?? "\(number)"
    }
}
