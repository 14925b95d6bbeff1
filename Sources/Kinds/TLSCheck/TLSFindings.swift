import Base
import Sockets

/// The facts of a handshake.
struct TLSFindings: Sendable, Equatable {
    /// OpenSSL's name: "TLSv1.3".
    var version: String
    var cipher: String
    var selectedProtocol: String?
    var staple: StapleStatus
    /// The verified chain, leaf first.
    var links: [CertificateLink]
    /// The requested names that the certificate does not cover.
    var missingNames: [String]
    var now: Timestamp

    init(
        version: String,
        cipher: String,
        selectedProtocol: String? = nil,
        staple: StapleStatus = .missing,
        links: [CertificateLink] = [],
        missingNames: [String] = [],
        now: Timestamp
    ) {
        self.version = version
        self.cipher = cipher
        self.selectedProtocol = selectedProtocol
        self.staple = staple
        self.links = links
        self.missingNames = missingNames
        self.now = now
    }

    init(_ connection: StreamConnection, names: [String], now: Timestamp) {
        self.init(
            version: connection.tlsVersion ?? "",
            cipher: connection.tlsCipher ?? "",
            selectedProtocol: connection.tlsProtocol,
            staple: connection.stapleStatus,
            links: connection.record.links,
            missingNames: names.filter { !connection.certificateCovers($0) },
            now: now
        )
    }

    /// Whole days until a certificate expires, rounded down; negative when it has.
    func daysLeft(_ link: CertificateLink) -> Int {
        let milliseconds = link.notAfter.milliseconds - now.milliseconds
        return Int((Double(milliseconds) / 86_400_000).rounded(.down))
    }

    /// The facts that the kind declares.
    var facts: JSONObject {
        var facts = JSONObject([
            ("protocol", .string(version)), ("cipher", .string(cipher)),
            ("alpn", selectedProtocol.map { .string($0) } ?? .null), ("ocsp", .string(staple.word)),
        ])
        guard let leaf = links.first else { return facts }
        facts["key_type"] = .string(leaf.keyType)
        facts["key_bits"] = .integer(Int64(leaf.keyBits))
        facts["signature"] = .string(leaf.signature)
        facts["days_left"] = .integer(Int64(links.map(daysLeft).min() ?? 0))
        facts["spki_sha256"] = .string(leaf.spkiSHA256)
        facts["chain"] = .array(links.map(json))
        return facts
    }

    private func json(_ link: CertificateLink) -> JSONValue {
        [
            "subject": .string(link.subject), "days_left": .integer(Int64(daysLeft(link))),
            "key_type": .string(link.keyType), "key_bits": .integer(Int64(link.keyBits)),
            "signature": .string(link.signature), "sha256": .string(link.sha256),
            "spki_sha256": .string(link.spkiSHA256),
        ]
    }
}
