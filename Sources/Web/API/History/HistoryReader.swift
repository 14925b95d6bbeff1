import Base
import Domain
import Pipeline
import Results
import Storage

/// Reads results for responses and converts the repository's errors.
struct HistoryReader: Sendable {
    let results: any ResultStore
    let regions: RegionNaming
    private let directory: RegionDirectory?
    /// The name of the default region.
    private let standard: String
    /// Asked before the store; nil without one.
    let cache: (any StatusCache)?

    init(_ dependencies: APIDependencies) {
        (results, cache) = (dependencies.results, dependencies.cache)
        (regions, directory, standard) = (dependencies.regionNaming, dependencies.regions, dependencies.region)
    }

    /// The results that a history request selects, newest first.
    func history(of id: MonitorID, _ call: Call) async throws(APIProblem) -> [CheckResult] {
        var window = ResultWindow()
        window.from = try call[HistoryParameters.from]
        window.to = try call[HistoryParameters.to]
        switch try call.value(HistoryParameters.cursor, or: HistoryParameters.before) {
        case .result(let id)?: window.before = id
        // Ids ascend with the due time, region 0 first: the id of that instant is the smallest that is not wanted.
        case .time(let time)?: window.before = CheckResult.id(scheduledAt: time, region: .local)
        case nil: break
        }
        if let name = try call[HistoryParameters.region] {
            // Nothing was ever checked from a region without a number.
            guard let region = try await region(name) else { return [] }
            window.region = region
        }
        let limit = try call[HistoryParameters.limit]
        do { return try await results.history(id, in: window, limit: limit) } catch {
            throw APIProblem(.database(error))
        }
    }

    /// The number of a region; nil when there is none.
    func region(_ name: RegionName) async throws(APIProblem) -> RegionID? {
        if name.rawValue == standard { return .local }
        guard let directory else { return nil }
        try await stored { () async throws(StorageError) in try await directory.learn(CollectionOfOne(name)) }
        return directory.region(name)?.id
    }

    /// Makes sure that the regions of results can be named.
    func learnRegions(of results: some Sequence<CheckResult>) async {
        try? await directory?.learn(results.lazy.filter { $0.regionName == nil }.map(\.region))
    }

    /// The newest result of a monitor in a region, due at a time or later; otherwise the one that was due at `known`.
    ///
    /// Without those, the store would have to look through the whole history for a region that is not heard any more.
    func latest(
        of monitor: MonitorID,
        in region: RegionID,
        since time: Timestamp,
        known: Timestamp?
    ) async throws(APIProblem) -> CheckResult? {
        var window = ResultWindow(from: time)
        window.region = region
        do {
            if let result = try await results.history(monitor, in: window, limit: 1).first { return result }
            guard let known else { return nil }
            return try await results.result(monitor, id: CheckResult.id(scheduledAt: known, region: region))
        } catch { throw APIProblem(.database(error)) }
    }

    /// The newest result of each monitor that has one.
    func latest(for monitors: [MonitorID]) async throws(APIProblem) -> [MonitorID: CheckResult] {
        let known = await cache?.latest(for: monitors) ?? [:]
        let others = known.isEmpty ? monitors : monitors.filter { known[$0] == nil }
        if others.isEmpty { return known }
        do { return known.merging(try await results.latest(for: others)) { $1 } } catch {
            throw APIProblem(.database(error))
        }
    }

    /// The newest results of a monitor, newest first; while the store cannot be read, those that are known.
    func newest(of monitor: MonitorID, count: Int) async throws(APIProblem) -> [CheckResult] {
        let known = await cache?.recent(monitor) ?? []
        if known.count >= count { return Array(known.prefix(count)) }
        do { return try await results.history(monitor, limit: count) } catch {
            guard known.isEmpty else { return known }
            throw APIProblem(.database(error))
        }
    }

    /// One result with its evidence; throws 404 when there is none.
    func result(_ id: Int64, of monitor: MonitorID) async throws(APIProblem) -> CheckResult {
        let result: CheckResult?
        do { result = try await results.result(monitor, id: id) } catch { throw APIProblem(.database(error)) }
        guard let result else { throw .noSuchResult }
        return result
    }
}

/// The query parameters of a history request.
enum HistoryParameters {
    static let limit = Parameter.integer("limit", 1...1000, default: 50, "How many results, newest first.")
    static let from = Parameter<Timestamp?>.time("from", "Only results due at this time or later.")
    static let to = Parameter<Timestamp?>.time("to", "Only results due before this time.")
    static let cursor = place(
        "cursor",
        "Only results older than this result id or time: the id of the last one seen gives the next page."
    )
    static let before = place("before", "The same as cursor.")

    private static func place(_ name: String, _ description: String) -> Parameter<Before?> {
        .optional(
            name,
            .string(length: 1...64, pattern: "^[0-9]{1,18}$|^[0-9]{4}-", example: "2026-11-20T05:09:37Z"),
            description
        ) { text throws(Schema.TextError) in
            if let id = Int64(text), id >= 0 { return Before.result(id) }
            guard let time = Timestamp(apiText: text) else {
                throw Schema.TextError("Write the id of a result or a time as 2026-11-20T05:09:37Z")
            }
            return .time(time)
        }
    }

    static let region = Parameter<RegionName?>.region("region", "Only results from this region.")

    static let all = [
        region.specification, limit.specification, cursor.specification, before.specification, from.specification,
        to.specification,
    ]

    /// Where a page begins.
    enum Before: Sendable, Equatable {
        case result(Int64)
        case time(Timestamp)
    }
}
