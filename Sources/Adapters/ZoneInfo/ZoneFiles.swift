import Base
package import Domain

/// The time zones of this machine, read from the files of Debian's package tzdata.
///
/// A zone is read once; a newer package takes effect after a restart.
package final class ZoneFiles: Sendable {
    /// The most zones that are cached; there are some 600 names.
    private static let cacheLimit = 1000

    private struct Cache {
        var rules: [String: TimeZoneRules] = [:]
        /// The names of all zones; nil until an unknown name is requested.
        var names: [String]?
    }

    private let directory: String
    private let cache = Locked(Cache())

    package init(directory: String = "/usr/share/zoneinfo") { self.directory = directory }

    /// The rules of a zone by its name, such as `Europe/Berlin`; `UTC` needs no file.
    ///
    /// Blocks while a file is read for the first time: some 3 kB, or the names of all zones for an unknown name.
    ///
    /// Throws `.invalidName`, `.unknown` with the nearest name, `.notInstalled` without any zone files, and
    /// `.unreadable` or `.malformed` for an existing file.
    package func rules(_ name: String) throws(ZoneError) -> TimeZoneRules {
        guard ZoneName.isValid(name) else {
            throw .invalidName(name)
        }
        if name == TimeZoneRules.utc.name { return .utc }
        if let known = cache.withLock({ $0.rules[name] }) { return known }
        let rules = try read(name)
        cache.withLock {
            if $0.rules.count >= Self.cacheLimit { $0.rules.removeAll() }
            $0.rules[name] = rules
        }
        return rules
    }

    /// The names of all zones, ascending; only `UTC` when no zone files are installed.
    ///
    /// Blocks the first time.
    package func names() -> [String] {
        if let known = cache.withLock({ $0.names }) { return known }
        let names = ZoneDirectory.names(in: directory)
        guard names.count > 1 else { return names }
        cache.withLock { $0.names = names }
        return names
    }

    private func read(_ name: String) throws(ZoneError) -> TimeZoneRules {
        let path = "\(directory)/\(name)"
        guard ZoneDirectory.isFile(path) else { throw missing(name) }
        let bytes: [UInt8]?
        do { bytes = try SmallFile.read(path, limit: TimeZoneRules.sizeLimit) } catch {
            throw .unreadable(name, reason: error.description)
        }
        guard let bytes else { throw missing(name) }
        do { return try TimeZoneRules(name: name, bytes: bytes) } catch { throw .malformed(name, error) }
    }

    private func missing(_ name: String) -> ZoneError {
        let names = names()
        guard names.count > 1 else { return .notInstalled(directory: directory) }
        return .unknown(name, suggestion: Suggestion.nearest(to: name, among: names))
    }
}
