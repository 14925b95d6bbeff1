import Base
import Checks
package import Sockets

/// The demands of a TLS check on a certificate and its connection.
///
/// Three words in size: rarely changed settings are behind a reference.
package struct TLSSettings: CheckSettings {
    package typealias Kind = TLSKind

    /// A name or an address.
    package var host = ""
    private var storage = Storage.standard

    package init() {}

    package var options: Options {
        get { storage.options }
        set { storage = newValue == Options() ? .standard : Storage(newValue) }
    }

    package struct Options: Sendable, Equatable {
        package var port = 443
        package var timeout = Duration.seconds(10)
        package var family = StreamFamily.any
        /// `ADDRESS:PORT` of the name server; nil uses the system's.
        package var resolver: String?
        /// The address to connect to without resolving.
        package var address: String?
        package var startTLS = StartTLS.none
        package var verifiesTLS = true
        /// nil uses the host.
        package var serverName: String?
        package var caFile: String?
        package var clientCertificate: String?
        package var clientKey: String?
        /// Offered with ALPN.
        package var protocols: [String] = []
        /// How many whole days every certificate of the chain must remain valid.
        package var minimumDays: Int?
        /// Names that the certificate must cover.
        package var names: [String] = []
        /// Empty allows any.
        package var keyTypes: [TLSKeyType] = []
        package var minimumRSABits = 2048
        package var minimumECBits = 224
        package var allowsWeakSignatures = false
        package var minimumVersion = TLSVersion.v12
        /// The version that must be negotiated; nil allows any from the minimum on.
        package var version: TLSVersion?
        /// OpenSSL's names of the allowed ciphers; empty allows any.
        package var ciphers: [String] = []
        package var staple = TLSStaple.any
        /// SHA-256 of certificates or public keys, one of which must be in the chain; empty allows any.
        package var pins: [TLSPin] = []

        package init() {}
    }

    private final class Storage: Sendable {
        static let standard = Storage(Options())
        let options: Options
        init(_ options: Options) { self.options = options }
    }

    package static func == (left: TLSSettings, right: TLSSettings) -> Bool {
        left.host == right.host && (left.storage === right.storage || left.options == right.options)
    }
}

/// A TLS version, ordered by age.
package enum TLSVersion: String, Sendable, CaseIterable, Comparable {
    case v10 = "1.0"
    case v11 = "1.1"
    case v12 = "1.2"
    case v13 = "1.3"

    /// Reads OpenSSL's name: "TLSv1", "TLSv1.3".
    package init?(openSSL name: String) {
        guard name.hasPrefix("TLSv") else { return nil }
        let number = String(name.dropFirst(4))
        self.init(rawValue: number == "1" ? "1.0" : number)
    }

    package static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A public key algorithm.
package enum TLSKeyType: String, Sendable, CaseIterable {
    case rsa, ec, ed25519, ed448
}

/// The demands on the stapled OCSP response.
package enum TLSStaple: String, Sendable, CaseIterable {
    case any, present, good
}

/// The SHA-256 of a certificate or public key, as 64 hexadecimal digits or as `sha256/BASE64`.
package struct TLSPin: Sendable, Equatable {
    package let source: String
    /// Lower-case hexadecimal.
    package let digest: String

    /// nil for a text that is neither.
    package init?(_ source: String) {
        self.source = source
        let prefix = "sha256/"
        let bytes =
            source.hasPrefix(prefix)
            ? [UInt8](base64: String(source.dropFirst(prefix.count)))
            : [UInt8](hex: source.filter { $0 != ":" })
        guard let bytes, bytes.count == 32 else { return nil }
        digest = bytes.hex
    }
}
