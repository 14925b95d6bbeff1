package import Base
package import Domain
package import Lease
package import SQL
package import Storage

/// The incidents of certificates that will expire soon.
extension OutageWriter {
    /// The certificates that were noticed before, and which of these monitors show them.
    ///
    /// Rows that cannot be read are left out. Throws `.database` when the database cannot be read.
    package func certificates(
        _ isWatched: (MonitorID) -> Bool
    ) async throws(StorageError) -> CertificateWatch {
        do throws(SQLError) { return try await CertificateNoticeStore(incidents.database).load(isWatched) } catch {
            throw StorageError(error)
        }
    }

    /// Stores what was noticed, with the incidents that it opens, changes and ends, under the tokens of the monitors'
    /// partitions.
    ///
    /// What is said of no monitor, that a certificate is gone, is checked against what all monitors show. Throws `.fenced`
    /// when a token is not the newest of its lease, and otherwise the `SQLError` of the transaction, such as `.busy` or `.full`. Nothing is written then.
    package func write(
        _ events: [CertificateWatch.Event],
        under fence: [FencingToken] = [],
        at now: Timestamp
    ) async throws(SQLError) -> [IncidentChange] {
        try await incidents.database.transaction { session throws(SQLError) in
            try await LeaseRepository.check(fence, session)
            let notices = CertificateNoticeStore(session)
            var changes: [IncidentChange] = []
            for event in events {
                switch event {
                case .crossed(let certificate, let level, let monitor, let holders):
                    let known = try await notices.noted(certificate.sha256).level
                    try await notices.note(certificate, level: level, holders: holders, at: now)
                    // Another alerter has noticed it at its own monitors.
                    if let known, known <= level { continue }
                    let notice = CertificateNotice(certificate, level: level, at: now)
                    if let change = try await Self.openOrWorsen(notice, monitor, session) { changes.append(change) }
                case .held(let sha256, let monitor): try await notices.hold(sha256, by: monitor)
                case .released(let sha256, let monitor): try await notices.release(sha256, by: monitor, at: now)
                case .gone(let sha256, let isReplaced):
                    // A monitor of another alerter may still show it.
                    if try await notices.noted(sha256).isHeld { continue }
                    let store = IncidentStore(session)
                    guard let incident = try await store.running(.certificate, part: sha256) else { continue }
                    let words =
                        isReplaced ? "The certificate was replaced" : "No monitor shows the certificate any more"
                    changes.append(try await store.resolve(incident, isReplaced ? "replaced" : "gone", words, at: now))
                case .dropped(let sha256):
                    if try await notices.noted(sha256).isHeld { continue }
                    try await notices.drop(sha256)
                }
            }
            try await planner.plan(changes, session)
            return changes
        }
    }

    /// Opens the certificate's incident, or makes it worse; nil when its monitor is gone.
    private static func openOrWorsen(
        _ notice: CertificateNotice,
        _ monitor: MonitorID,
        _ session: any SQLSession
    ) async throws(SQLError) -> IncidentChange? {
        let store = IncidentStore(session)
        if var incident = try await store.running(.certificate, part: notice.certificate.sha256) {
            (incident.severity, incident.message) = (notice.severity, notice.words)
            // An acknowledgement for an earlier, milder warning does not count for this one.
            (incident.state, incident.acknowledgedAt, incident.acknowledgedBy) = (.open, nil, nil)
            incident.updatedAt = notice.at
            try await store.update(incident)
            try await store.add([IncidentEvent(.changed, at: notice.at, notice.words)], to: incident.id)
            return IncidentChange(.escalated, incident, facts: notice.facts)
        }
        guard let about = try await MonitorBrief.read(monitor, session) else { return nil }
        var opening = IncidentOpening(
            .certificate,
            subject: "\(notice.certificate.subject) (\(about.name))",
            target: about.target,
            severity: notice.severity,
            message: notice.words,
            at: notice.at
        )
        (opening.monitorID, opening.part, opening.tags) = (monitor, notice.certificate.sha256, about.tags)
        opening.failures = 0
        let incident = try await store.open(opening)
        try await store.add([IncidentEvent(.opened, at: notice.at, notice.words)], to: incident.id)
        return IncidentChange(.opened, incident, facts: notice.facts)
    }
}
