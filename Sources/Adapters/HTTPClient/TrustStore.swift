import Base
import COpenSSL
import Glibc

/// Certificate authorities read from PEM files, kept in memory across connections.
///
/// Not Sendable: confined to a loop. A file is read again when its modification time changes.
package final class TrustStore {
    private struct Key: Hashable, Sendable {
        let caFile: String
        let crlFile: String?
    }
    /// Invariant: the store is never changed after it was read, and OpenSSL counts its references atomically.
    private struct Entry: @unchecked Sendable {
        let store: OpaquePointer
        let stamp: Stamp
    }
    private struct Stamp: Equatable, Sendable {
        let modified: Int
        let nanoseconds: Int
        let size: Int
    }
    private var entries: [Key: Entry] = [:]
    private static let limit = 16
    /// The stores that `preload` read, shared by the whole process.
    private static let preloaded = Locked<[Key: Entry]>([:])

    package init() {}

    deinit { for entry in entries.values { X509_STORE_free(entry.store) } }

    /// Reads a file for the whole process, so that no loop has to; blocks while it reads.
    ///
    /// A file that cannot be read is left to its first user, who reports the error.
    package static func preload(caFile: String, crlFile: String? = nil) {
        let key = Key(caFile: caFile, crlFile: crlFile)
        guard let stamp = stamp(caFile), let store = read(key) else { return }
        let entry = Entry(store: store, stamp: stamp)
        let old = preloaded.withLock { entries in
            entries.count < limit || entries[key] != nil ? entries.updateValue(entry, forKey: key) : entry
        }
        if let old { X509_STORE_free(old.store) }
    }

    /// The preloaded authorities of a file, if it has not changed since.
    private static func shared(_ key: Key, _ stamp: Stamp) -> Entry? {
        preloaded.withLock { entries in
            guard let entry = entries[key], entry.stamp == stamp, X509_STORE_up_ref(entry.store) == 1 else {
                return nil
            }
            return entry
        }
    }

    /// The authorities of a file, with the revocation lists of another; nil when one cannot be read.
    ///
    /// Borrowed: valid until the next call.
    package func store(caFile: String, crlFile: String? = nil) -> OpaquePointer? {
        let key = Key(caFile: caFile, crlFile: crlFile)
        guard let stamp = Self.stamp(caFile) else { return nil }
        if let entry = entries[key] {
            if entry.stamp == stamp { return entry.store }
            X509_STORE_free(entry.store)
            entries[key] = nil
        }
        guard let store = Self.shared(key, stamp)?.store ?? Self.read(key) else { return nil }
        if entries.count >= Self.limit, let oldest = entries.keys.first {
            entries.removeValue(forKey: oldest).map { X509_STORE_free($0.store) }
        }
        entries[key] = Entry(store: store, stamp: stamp)
        return store
    }

    /// Why a file of authorities or one of revocation lists cannot be used, with its name.
    ///
    /// nil when both can be used. Blocks while it reads them.
    package static func fault(caFile: String?, crlFile: String? = nil) -> String? {
        if let caFile, let fault = fault(caFile, begins: ["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"]) {
            return "the CA file \(caFile) cannot be read: \(fault)"
        }
        if let crlFile, let fault = fault(crlFile, begins: ["X509 CRL"]) {
            return "the revocation list \(crlFile) cannot be read: \(fault)"
        }
        return nil
    }

    private static func fault(_ path: String, begins labels: [String]) -> String? {
        guard access(path, R_OK) == 0 else { return String(cString: strerror(errno)) }
        guard let bytes = SmallFile.readRegular(path, limit: 64 << 20) else { return "it is no file" }
        guard labels.contains(where: { bytes.firstRange(of: Array("-----BEGIN \($0)-----".utf8)) != nil }) else {
            return "it holds no PEM block (-----BEGIN \(labels[0])-----)"
        }
        guard let store = X509_STORE_new() else { return "OpenSSL is out of memory" }
        defer {
            X509_STORE_free(store)
            ERR_clear_error()
        }
        return X509_STORE_load_file(store, path) == 1 ? nil : "its PEM is damaged"
    }

    private static func read(_ key: Key) -> OpaquePointer? {
        guard let store = X509_STORE_new() else { return nil }
        var flags = UInt(X509_V_FLAG_TRUSTED_FIRST) | UInt(X509_V_FLAG_PARTIAL_CHAIN)
        var isRead = X509_STORE_load_file(store, key.caFile) == 1
        if let crlFile = key.crlFile {
            flags |= UInt(X509_V_FLAG_CRL_CHECK) | UInt(X509_V_FLAG_CRL_CHECK_ALL)
            isRead = isRead && X509_STORE_load_file(store, crlFile) == 1
        }
        X509_STORE_set_flags(store, flags)
        ERR_clear_error()
        guard isRead else {
            X509_STORE_free(store)
            return nil
        }
        return store
    }

    private static func stamp(_ path: String) -> Stamp? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        return Stamp(modified: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec, size: Int(facts.st_size))
    }
}
