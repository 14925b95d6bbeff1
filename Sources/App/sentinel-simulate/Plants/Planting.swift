import Base
import Broker
import Domain
import Lease
import Results
import SQL

/// Puts a bug into the connections of processes; the code of the roles stays as it is.
///
/// Invariant: used by the simulation's only thread.
final class Planting: @unchecked Sendable {
    let kind: Plant?
    /// The topics that have had a consumer.
    private var consumed: Set<String> = []
    /// The first page of monitors that a scheduler read.
    private var page: [Row]?
    private var tries = 0
    /// The seconds of which a result is stored.
    private var seconds: Set<Int64> = []

    init(_ kind: Plant?) { self.kind = kind }

    func broker(_ broker: any Broker, _ node: Node) -> any Broker {
        switch (kind, node.role) {
        case (.ackBeforeEffect, .processor), (.forgottenJobs, .worker):
            PlantedBroker(inner: broker, acknowledgesFirst: true)
        case (.lostFlush, .worker): PlantedBroker(inner: broker, drops: { _ in node.isStopping })
        case (.dropBeforeConsumer, _):
            PlantedBroker(
                inner: broker,
                drops: { !self.consumed.contains($0) },
                consumes: { self.consumed.insert($0) }
            )
        case (.earlyHandover, .alerter): PlantedBroker(inner: broker, handsOverEarly: node)
        default: broker
        }
    }

    func database(_ database: any Database, _ node: Node) -> any Database {
        switch (kind, node.role) {
        case (.noFencing, .alerter): RewritingDatabase(inner: database, rewrite: OwnTokens().rewrite)
        case (.stalePage, .scheduler): RewritingDatabase(inner: database, rewrite: stale)
        default: database
        }
    }

    func lease(_ lease: any LeaderLease) -> any LeaderLease {
        kind == .offByOneSlot ? ShiftedLease(inner: lease) : lease
    }

    func results(_ results: any ResultStore) -> any ResultStore {
        guard kind == .dedupByTime else { return results }
        return PlantedResults(inner: results) { [self] batch in
            batch.filter { seconds.insert($0.checkedAt.milliseconds / 1000).inserted }
        }
    }

    func message(_ message: AlertMessage) -> AlertMessage {
        guard kind == .newKeyEachTry else { return message }
        var message = message
        tries += 1
        message.id += "-\(tries)"
        return message
    }

    /// Answers every read of the active monitors with the first page there was, as if it were the newest.
    private func stale(_ sql: String, _ parameters: [SQLValue], _ rows: [Row]) -> [Row] {
        guard sql.hasSuffix("m.is_active <> 0 ORDER BY m.id LIMIT $2"), parameters.first == .integer(0) else {
            return rows
        }
        if let page { return page }
        page = rows.map { row in
            var values = (0..<row.count).map { row[$0] }
            values[Self.revisionColumn] = .integer(1 << 40)
            return Row(values: values, start: 0, count: values.count)
        }
        return rows
    }

    private static let revisionColumn = 9
}

/// Answers questions for the newest tokens of leases with those that the process got itself.
///
/// Invariant: used by the simulation's only thread.
private final class OwnTokens: @unchecked Sendable {
    private var tokens: [String: Int64] = [:]

    func rewrite(_ sql: String, _ parameters: [SQLValue], _ rows: [Row]) -> [Row] {
        if sql.hasPrefix("INSERT INTO leases"), case .text(let name)? = parameters.first {
            if case .integer(let token)? = rows.first?[0], rows.first?.count == 1 { tokens[name] = token }
        } else if sql.hasPrefix("SELECT name, token FROM leases") {
            return tokens.map { Row(values: [.text($0.key), .integer($0.value)], start: 0, count: 2) }
        }
        return rows
    }
}

/// A lease that says a minute too much of what the last leader has done.
private struct ShiftedLease: LeaderLease {
    let inner: any LeaderLease

    func token() async -> FencingToken? { await inner.token() }
    func position() async -> Int64? { await inner.position().map { $0 + 60_000 } }
    func note(_ position: Int64) async { await inner.note(position) }
}
