package import Base
package import Domain
package import SQL

/// Reads configuration and unsent notifications, so that unreadable rows are reported before they are needed.
///
/// Monitors and their states are read completely at every start anyway.
package struct StoredRowSurvey: Sendable {
    private let database: any Database
    private let channels: ChannelRepository
    private let unknownSettings: @Sendable (Channel) -> [String]
    /// The most rows of a table that are read, the newest ones.
    private static let limit = 1000

    /// `unknownSettings` are those of a channel that its kind does not have in this release.
    package init(
        database: any Database,
        channels: ChannelRepository,
        unknownSettings: @escaping @Sendable (Channel) -> [String] = { _ in [] }
    ) {
        self.database = database
        self.channels = channels
        self.unknownSettings = unknownSettings
    }

    /// Reads every table once; unreadable rows are noted in the database's `rowFaults`.
    ///
    /// Throws `.database` when a table cannot be read at all.
    package func run(at now: Timestamp) async throws(StorageError) {
        _ = try await PolicyRepository(database: database).list()
        for channel in try await channels.list() {
            let names = unknownSettings(channel).map { "settings.\($0)" }
            database.rowFaults.newer.note(names, row: "\(channel.id)", of: "channels")
        }
        _ = try await MaintenanceRepository(database: database).list()
        _ = try await SilenceRepository(database: database).list(endingAfter: now, limit: Self.limit)
        _ = try await ServerRepository(database: database).list(limit: Self.limit)
        _ = try await AlertRuleRepository(database: database).list(limit: Self.limit)
        _ = try await IncidentRepository(database: database).list(limit: Self.limit)
        _ = try await NotificationRepository(database: database).list(limit: Self.limit)
        do throws(SQLError) {
            _ = try await database.readable(
                OutboxStore.table,
                "SELECT \(OutboxStore.columns) FROM outbox_items WHERE state <> 'told' ORDER BY id DESC LIMIT $1",
                [.integer(Int64(Self.limit))]
            ) { row throws(SQLError) in try OutboxStore.item(row) }
        } catch { throw StorageError(error) }
    }
}
