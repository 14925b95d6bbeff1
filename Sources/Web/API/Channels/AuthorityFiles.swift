import Base
import Runtime

/// Looks at the files of certificates that people name in settings; reading blocks, so it has a thread of its own.
actor AuthorityFiles {
    static let shared = AuthorityFiles()

    private let executor = QueueExecutor(label: "authority-files")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let sizeLimit = 4 << 20
    private static let mark = Array("-----BEGIN CERTIFICATE-----".utf8)

    /// Whether a path names a regular file that can be read now and holds a PEM certificate.
    func holdsCertificate(_ path: String) -> Bool {
        guard let bytes = SmallFile.readRegular(path, limit: Self.sizeLimit) else { return false }
        return bytes.firstRange(of: Self.mark) != nil
    }
}
