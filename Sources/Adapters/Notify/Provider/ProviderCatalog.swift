import Base
import CNotifyProviders
import Glibc
import YAMLConfig

/// The available kinds of channels.
package struct ProviderCatalog: Sendable {
    private let byKind: [String: Provider]

    /// By kind, in alphabetical order.
    package var providers: [Provider] { byKind.values.sorted { $0.kind < $1.kind } }

    /// The provider of that kind.
    package subscript(_ kind: String) -> Provider? { byKind[kind] }

    /// Loads the built-in providers and the operator's own files (`*.yaml`) from a folder, which override them.
    ///
    /// Blocks while it reads; call it at start.
    ///
    /// Throws `ProviderFileError` with file, line and column for a file that is invalid, cannot be read or repeats
    /// another file's kind, and for a folder that cannot be read or holds more than 200 files.
    package static func load(directory: String? = nil) throws(ProviderFileError) -> ProviderCatalog {
        var found: [String: Provider] = [:]
        for index in 0..<CNotifyProviders_count() {
            var count = 0
            let start = CNotifyProviders_bytes(index, &count)
            let bytes = Array(UnsafeBufferPointer(start: start, count: count))
            let name = CNotifyProviders_name(index).map { String(cString: $0) } ?? ""
            let provider = try ProviderReader.read(bytes, file: "\(name).yaml")
            found[provider.kind] = provider
        }
        guard let directory else { return ProviderCatalog(byKind: found) }
        var sources: [String: String] = [:]
        for name in try fileNames(directory) {
            let provider = try read("\(directory)/\(name)")
            if let other = sources.updateValue(name, forKey: provider.kind) {
                throw ProviderFileError(file: name, place: nil, "the kind '\(provider.kind)' is in \(other) too")
            }
            found[provider.kind] = provider
        }
        return ProviderCatalog(byKind: found)
    }

    private static func read(_ path: String) throws(ProviderFileError) -> Provider {
        let bytes: [UInt8]?
        do throws(ConfigurationError) {
            bytes = try SmallFile.read(path, limit: YAMLNode.Limits().bytes)
        } catch {
            throw ProviderFileError(file: path, place: nil, "it cannot be read: \(error)")
        }
        guard let bytes else { throw ProviderFileError(file: path, place: nil, "it is gone") }
        return try ProviderReader.read(bytes, file: path)
    }

    /// The names of the folder's provider files, in order.
    private static func fileNames(_ directory: String) throws(ProviderFileError) -> [String] {
        guard let handle = opendir(directory) else {
            let reason = String(cString: strerror(errno))
            throw ProviderFileError(file: directory, place: nil, "the folder cannot be read: \(reason)")
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".yaml"), !name.hasPrefix(".") { names.append(name) }
        }
        guard names.count <= 200 else {
            throw ProviderFileError(file: directory, place: nil, "the folder holds more than 200 provider files")
        }
        return names.sorted()
    }
}
