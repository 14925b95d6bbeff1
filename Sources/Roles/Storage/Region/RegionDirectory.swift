import Base
package import Domain
package import SQL

/// The names and numbers of regions, kept in memory: numbers are never changed, only added.
package final class RegionDirectory: Sendable {
    private struct State {
        var ids: [RegionName: RegionID] = [:]
        var names: [RegionID: RegionName] = [:]
        /// When a region was last looked for in vain.
        var soughtAt: MonotonicTime?
    }

    private let database: any Database
    /// The default region's name.
    package let standard: RegionName
    private let state = Locked(State())

    /// Needs a database whose schema is up to date; knows the default region until it is refreshed.
    package init(database: any Database, standard: RegionName) {
        self.database = database
        self.standard = standard
    }

    /// The regions of the same database.
    package convenience init(beside monitors: MonitorRepository, standard: RegionName) {
        self.init(database: monitors.database, standard: standard)
    }

    /// The default region.
    package var standardRegion: Region { Region(.local, standard) }

    /// The region of a name; nil when no monitor has named it yet.
    package func region(_ name: RegionName) -> Region? {
        if name == standard { return standardRegion }
        return state.withLock { $0.ids[name] }.map { Region($0, name) }
    }

    /// The regions that check a monitor, as far as they are known.
    package func regions(of monitor: Monitor) -> [Region] {
        monitor.regions.isEmpty ? [standardRegion] : monitor.regions.compactMap(region)
    }

    /// The name of a number; a word for one that is not known.
    package func name(of region: RegionID) -> String {
        if region == .local { return standard.rawValue }
        return state.withLock { $0.names[region] }?.rawValue ?? "region \(region.rawValue)"
    }

    package var naming: RegionNaming { RegionNaming { [self] in name(of: $0) } }

    /// Reads all regions.
    ///
    /// Throws `.database` when the database cannot be read.
    package func refresh() async throws(StorageError) {
        do throws(SQLError) {
            var (ids, names): ([RegionName: RegionID], [RegionID: RegionName]) = ([:], [:])
            for row in try await database.query("SELECT id, name FROM regions") {
                // A damaged row leaves its region without a name.
                guard let number = try? row.integer(0), let id = UInt16(exactly: number).map(RegionID.init(rawValue:)),
                    let name = (try? row.text(1)).flatMap(RegionName.init(rawValue:))
                else { continue }
                ids[name] = id
                names[id] = name
            }
            state.withLock { ($0.ids, $0.names) = (ids, names) }
        } catch { throw StorageError(error) }
    }

    /// Reads all regions again when one of these is not known; at most once a second when that is in vain.
    ///
    /// Throws `.database` when the database cannot be read.
    package func learn(_ names: some Sequence<RegionName>) async throws(StorageError) {
        try await look { names.contains { self.region($0) == nil } }
    }

    /// The same for numbers.
    package func learn(_ ids: some Sequence<RegionID>) async throws(StorageError) {
        try await look { self.state.withLock { state in ids.contains { $0 != .local && state.names[$0] == nil } } }
    }

    private func look(while isMissing: () -> Bool) async throws(StorageError) {
        guard isMissing() else { return }
        let now = MonotonicTime.now
        if let last = state.withLock({ $0.soughtAt }), now - last < .seconds(1) { return }
        try await refresh()
        if isMissing() { state.withLock { $0.soughtAt = now } }
    }
}
