import Base
import Postgres
import PostgresResults
import SQL

/// A store on a PostgreSQL server.
enum PostgresStore {
    /// How long a claim is waited for whose process may have just ended.
    private static let patience = 20

    /// Connects to a server, and finds out whether its database can be used.
    static func open(_ url: String, _ access: OpenedStore.Access) async throws(StoreRefusal) -> OpenedStore {
        var name = "postgres"
        do throws(SQLError) {
            let configuration = try PostgresConfiguration(url: url)
            name = configuration.name
            let database = try await PostgresDatabase.open(configuration)
            do throws(SQLError) {
                let refusal = try await database.refusal(
                    table: Migrator.table,
                    columns: Migrator.columns,
                    own: ["monitors", "incidents", "results"]
                )
                if let refusal { throw .unavailable(refusal) }
                return OpenedStore(
                    database: database,
                    results: PostgresResults(database: database),
                    claim: try await claim(database, name, access)
                )
            } catch {
                await database.close()
                throw error
            }
        } catch {
            if case .fenced(let holder) = error { throw .taken(name: name, by: holder.isEmpty ? nil : holder) }
            if case .unavailable(let reason) = error { throw .unavailable(name: name, reason: reason) }
            throw .unavailable(name: name, reason: "\(error)")
        }
    }

    /// Throws `.fenced` with the holder when another process excludes this one.
    private static func claim(
        _ database: PostgresDatabase,
        _ name: String,
        _ access: OpenedStore.Access
    ) async throws(SQLError) -> (any StoreClaim)? {
        guard access != .open else { return nil }
        let claim = database.claim(access == .alone ? .alone : .shared)
        var tries = 0
        while true {
            switch await claim.check() {
            case .held: return HeldClaim(claim: claim, name: name)
            case .readOnly(let reason): throw .unavailable(reason)
            case .unreachable(let error): throw error
            case .taken(let holder):
                tries += 1
                guard tries < patience else { throw .fenced(holder ?? "") }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

/// A claim that this process had when it began.
private struct HeldClaim: StoreClaim {
    let claim: PostgresClaim
    let name: String

    func check() async throws(StoreRefusal) -> String? {
        switch await claim.check() {
        case .held: nil
        case .readOnly(let reason): "the database cannot be written: \(reason)"
        case .taken(let holder): throw .taken(name: name, by: holder)
        case .unreachable(let error): "\(error)"
        }
    }

    func release() async { await claim.release() }
}
