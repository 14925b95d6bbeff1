import Base
import Foundation

extension Subject {
    /// Kills every role and every engine ten times under load, and counts what was lost, doubled or left out.
    ///
    /// Two of each role over PostgreSQL and Redis; 15,000 monitors of 30 s, and 20 of 10 s whose target fails and
    /// heals again and again.
    func measureFaults(_ options: Options, _ report: inout Report) throws {
        let folder = try WorkFolder()
        let target = try LoopbackTarget(options, in: folder)
        let run = try FaultRun(options, folder, target)
        try run.killAll(seed: UInt64(options.seed))
        let figures = try run.settle()
        report.add("faults: kills of each role and engine", Double(FaultRun.kills), "")
        report.add("faults: stored results", Double(figures.stored), "", .atLeast(must: 200_000, aim: 200_000))
        report.add("faults: slots without a result", Double(figures.missing), "")
        report.add("faults: of these neither missed nor skipped by a counter", Double(figures.silent), "", .nothing)
        report.add("faults: rows that are there twice", Double(figures.doubled), "", .nothing)
        report.add("faults: outages of the target", Double(figures.outages), "")
        report.add("faults: outages without exactly one incident", Double(figures.wrongOutages), "", .nothing)
        report.add("faults: incidents not notified exactly once", Double(figures.wrongIncidents), "", .nothing)
        report.add("faults: notifications repeated with their key", Double(figures.repeated), "")
    }
}

extension Report.Bound {
    /// Nothing of it may be there.
    static let nothing = Report.Bound.atMost(must: 0, aim: 0)
}
