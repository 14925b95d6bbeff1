import COpenSSL

/// TLS alerts in words.
package enum SSLAlert {
    /// OpenSSL's long name of an alert.
    package static func text(_ number: Int32) -> String {
        // OpenSSL 3.0 has no name for the newest alert.
        number == 116
            ? "certificate required" : SSL_alert_desc_string_long(number).map { String(cString: $0) } ?? "\(number)"
    }

    /// The message for a handshake that the target ended with an alert.
    ///
    /// "handshake failure" (40) alone does not say what the target lacked.
    package static func breakOffText(_ number: Int32) -> String {
        let text = "the target broke the handshake off (alert: \(text(number)))"
        return number == 40
            ? text + "; it accepts none of the ciphers offered, or has no certificate for the name" : text
    }
}
