import Base
package import Domain
package import SQL

/// Reads results whose rows have the columns that every store has: due time, region, reason, status code, latency, facts,
/// number of the observation, its content.
package enum StoredResults {
    /// Decodes the readable rows; an observation that several rows share is read once.
    package static func read(
        _ rows: [Row],
        of table: StoredTable,
        _ notes: RowFaults,
        _ monitor: MonitorID
    ) -> [CheckResult] {
        var observations: [Int64: Observation] = [:]
        return ReadRows(rows, of: table, notes) { row throws(SQLError) in
            var result = try decode(row, of: monitor)
            let number = try row.integer(6)
            if let text = try row.optionalText(7) {
                let observation: Observation
                if let known = observations[number] {
                    observation = known
                } else {
                    observation = try Observation(json: text)
                    observations[number] = observation
                }
                observation.restore(&result)
            }
            return result
        }.values
    }

    private static func decode(_ row: Row, of monitor: MonitorID) throws(SQLError) -> CheckResult {
        let due = try row.time(0)
        var outcome = Outcome(latency: .microseconds(try row.number(4, in: 0...Duration.longestStored)))
        // The phase comes from the packed facts.
        outcome.failure = try Reason(stored: try row.integer(2)).map { .init($0, in: .internal, "") }
        outcome.statusCode = try row.number(3, in: 0...9999)
        var result = CheckResult(
            monitorID: monitor,
            region: RegionID(rawValue: UInt16(clamping: try row.number(1, in: 0...Int64(UInt16.max)))),
            scheduledAt: due,
            checkedAt: due,
            outcome: outcome
        )
        try ResultFacts.unpack(try row.blob(5), into: &result)
        return result
    }

    /// When the certificates of observations end, milliseconds since 1970, by their number; the columns are number and
    /// content.
    ///
    /// Observations that cannot be read are noted and left out.
    package static func certificateEnds(_ rows: [Row], _ notes: RowFaults) -> [Int64: Int64] {
        let table = StoredTable("observations", columns: "number, content")
        let read = ReadRows(rows, of: table, notes) { row throws(SQLError) in
            (number: try row.integer(0), observation: try Observation(json: try row.text(1)))
        }
        var ends: [Int64: Int64] = [:]
        for (number, observation) in read.values { ends[number] = observation.certificate?.notAfter.milliseconds }
        return ends
    }
}
