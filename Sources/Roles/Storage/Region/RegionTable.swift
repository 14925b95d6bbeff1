import Base
import Domain
import SQL

/// The numbers of all regions that a monitor ever named; they are never taken back, since results have them.
enum RegionTable {
    /// The prefix that distinguishes an error of regions from other errors of the transaction.
    static let mark = "regions: "

    /// Gives numbers to the regions that have none.
    ///
    /// Throws `.constraint` with the mark when no number is left.
    static func number(_ names: [RegionName], _ session: any SQLSession) async throws(SQLError) {
        for name in names {
            // Another transaction may take the number first: the next one then.
            while try await id(of: name, session) == nil {
                let added = try await session.execute(
                    """
                    INSERT INTO regions (id, name)
                    SELECT COALESCE(MAX(id), 0) + 1, $1 FROM regions HAVING COALESCE(MAX(id), 0) < $2
                    ON CONFLICT DO NOTHING
                    """,
                    [.text(name.rawValue), .integer(Int64(RegionID.last.rawValue))]
                )
                if added > 0 { break }
                let count = try await session.query("SELECT COALESCE(MAX(id), 0) FROM regions").first?.integer(0) ?? 0
                guard count < Int64(RegionID.last.rawValue) else {
                    throw .constraint("\(mark)\(RegionID.last.rawValue) regions were named already, and no more can be")
                }
            }
        }
    }

    private static func id(of name: RegionName, _ session: any SQLSession) async throws(SQLError) -> Int64? {
        try await session.query("SELECT id FROM regions WHERE name = $1", [.text(name.rawValue)]).first?.integer(0)
    }
}
