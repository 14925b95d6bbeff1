package import Base

/// Reports certificates that expire soon, each at most once for a threshold, whichever monitors present them.
///
/// Counts certificates, not monitors: a hundred monitors with the same certificate cause one notice, and a renewed
/// intermediate does not hide the state of the leaf. Pure; a check with unchanged certificates costs one look-up.
package struct CertificateWatch: Sendable {
    /// The thresholds in whole days left, descending; 0 is the day of expiry, -1 after it.
    package static let levels = [21, 14, 7, 3, 1, 0, -1]
    /// A certificate is forgotten after this time without a check that presents it.
    package static let memory = Duration.seconds(30 * 86_400)
    /// Of several servers behind one name some may present the old certificate for longer: it counts as replaced only
    /// after this time without any of them.
    package static let lingering = Duration.seconds(1800)
    /// The most certificates of one chain that are considered.
    private static let chainLimit = 10
    private static let day = Duration.seconds(86_400)

    /// A certificate that may be reported.
    package struct Certificate: Sendable, Equatable {
        package var sha256: String
        /// RFC 2253 text.
        package var subject: String
        package var notAfter: Timestamp
        package var isIssuer: Bool

        package init(sha256: String, subject: String, notAfter: Timestamp, isIssuer: Bool) {
            (self.sha256, self.subject, self.notAfter, self.isIssuer) = (sha256, subject, notAfter, isIssuer)
        }
    }

    package enum Event: Sendable, Equatable {
        /// A certificate has reached a threshold for the first time; the monitor that saw it, and all monitors that
        /// present it.
        case crossed(Certificate, level: Int, seenBy: MonitorID, holders: [MonitorID])
        /// A monitor presents a reported certificate.
        case held(sha256: String, MonitorID)
        /// A monitor no longer presents it.
        case released(sha256: String, MonitorID)
        /// No monitor presents it any more; `isReplaced` when the last one has presented another for `lingering`.
        case gone(sha256: String, isReplaced: Bool)
        /// Forgotten: if it comes back, it is reported again.
        case dropped(sha256: String)

        /// The monitor whose check it follows from; nil when it is said of a certificate alone.
        package var monitor: MonitorID? {
            switch self {
            case .crossed(_, _, let monitor, _), .held(_, let monitor), .released(_, let monitor): monitor
            case .gone, .dropped: nil
            }
        }
    }

    private struct Known {
        var notAfter: Timestamp
        /// The last reported threshold; nil for none yet.
        var level: Int?
        /// The number of monitors that present it.
        var count = 0
        var seenAt: Timestamp
    }

    /// The certificates of a monitor.
    private struct Shown {
        var leaf = ""
        var chain: [String] = []
        var isValid = false
        /// The certificates that count.
        var certificates: [String]
        /// When one of them reaches its next threshold.
        var nextAt: Timestamp
        var seenAt: Timestamp
    }

    private var known: [String: Known] = [:]
    private var monitors: [MonitorID: Shown] = [:]
    private var sweptAt: Timestamp?
    /// Reported certificates that no monitor presents now, with the time they were last seen.
    private var leaving: [String: Timestamp] = [:]

    package init() {}

    /// The number of remembered certificates.
    package var count: Int { known.count }

    /// Restores a report from before a restart.
    package mutating func restore(sha256: String, notAfter: Timestamp, level: Int, seenAt: Timestamp) {
        known[sha256] = Known(notAfter: notAfter, level: level, seenAt: seenAt)
        leaving[sha256] = seenAt
    }

    /// Restores which monitor presented a certificate before a restart; call after restoring the certificates.
    package mutating func restore(holder: MonitorID, of sha256: String) {
        guard let certificate = known[sha256] else { return }
        let never = Timestamp(milliseconds: .min)
        monitors[holder, default: Shown(certificates: [], nextAt: never, seenAt: certificate.seenAt)]
            .certificates.append(sha256)
        known[sha256]?.count += 1
        leaving[sha256] = nil
    }

    /// Handles the certificates found by a monitor's check.
    package mutating func see(_ facts: CertificateFacts, by monitor: MonitorID, at now: Timestamp) -> [Event] {
        let before = monitors[monitor]
        if let before, now < before.nextAt, before.leaf == facts.sha256, before.isValid == facts.valid,
            before.chain.elementsEqual(facts.chain.lazy.prefix(Self.chainLimit).map(\.sha256))
        {
            if now - before.seenAt > Self.day { touch(monitor, now) }
            return []
        }
        return take(facts, by: monitor, at: now, before)
    }

    /// Handles a monitor that was deleted or has no certificates any more.
    package mutating func forget(_ monitor: MonitorID) -> [Event] {
        guard let shown = monitors.removeValue(forKey: monitor) else { return [] }
        return shown.certificates.flatMap { release($0, by: monitor) }
    }

    /// Forgets what monitors show that somebody else watches from now on: nothing has become of their certificates.
    package mutating func disown(where isGone: (MonitorID) -> Bool) {
        for id in monitors.keys.filter(isGone) {
            for sha256 in monitors.removeValue(forKey: id)?.certificates ?? [] { known[sha256]?.count -= 1 }
        }
    }

    /// Whether a monitor shows any.
    package func isShown(by monitor: MonitorID) -> Bool { monitors[monitor] != nil }

    /// Reports replaced certificates, and once a day forgets those that were not seen for long.
    package mutating func sweep(at now: Timestamp) -> [Event] {
        var events: [Event] = []
        for sha256 in leaving.filter({ now - $0.value >= Self.lingering || $0.value > now }).keys.sorted() {
            leaving[sha256] = nil
            events.append(.gone(sha256: sha256, isReplaced: true))
        }
        if let sweptAt, sweptAt <= now, now - sweptAt < Self.day { return events }
        sweptAt = now
        for id in monitors.filter({ now - $0.value.seenAt > Self.memory }).keys.sorted() { events += forget(id) }
        for (sha256, certificate) in known where certificate.count == 0 && now - certificate.seenAt > Self.memory {
            (known[sha256], leaving[sha256]) = (nil, nil)
            events.append(.dropped(sha256: sha256))
        }
        return events
    }

    // MARK: Changes

    private mutating func take(
        _ facts: CertificateFacts,
        by monitor: MonitorID,
        at now: Timestamp,
        _ before: Shown?
    ) -> [Event] {
        let certificates = Self.certificates(of: facts, at: now)
        let old = before?.certificates ?? []
        var shown = Shown(certificates: certificates.map(\.sha256), nextAt: .init(milliseconds: .max), seenAt: now)
        (shown.leaf, shown.isValid) = (facts.sha256, facts.valid)
        shown.chain = facts.chain.prefix(Self.chainLimit).map(\.sha256)
        for certificate in certificates {
            shown.nextAt = min(shown.nextAt, Self.nextCrossing(of: certificate.notAfter, after: now))
        }
        monitors[monitor] = shown
        var events: [Event] = []
        for certificate in certificates { events += hold(certificate, by: monitor, at: now, isNew: old) }
        for sha256 in old where !shown.certificates.contains(sha256) {
            events += release(sha256, by: monitor, replacedAt: now)
        }
        return events
    }

    private mutating func hold(
        _ certificate: Certificate,
        by monitor: MonitorID,
        at now: Timestamp,
        isNew old: [String]
    ) -> [Event] {
        let sha256 = certificate.sha256
        var record = known[sha256] ?? Known(notAfter: certificate.notAfter, seenAt: now)
        let isNew = !old.contains(sha256)
        if isNew { record.count += 1 }
        record.seenAt = now
        leaving[sha256] = nil
        defer { known[sha256] = record }
        if let level = Self.level(of: certificate.notAfter, at: now), level < record.level ?? .max {
            record.level = level
            let holders = monitors.filter { $0.value.certificates.contains(sha256) }.keys.sorted()
            return [.crossed(certificate, level: level, seenBy: monitor, holders: holders)]
        }
        return isNew && record.level != nil ? [.held(sha256: sha256, monitor)] : []
    }

    private mutating func release(
        _ sha256: String,
        by monitor: MonitorID,
        replacedAt: Timestamp? = nil
    ) -> [Event] {
        guard var record = known[sha256] else { return [] }
        record.count -= 1
        guard record.level != nil else {
            known[sha256] = record.count > 0 ? record : nil
            return []
        }
        known[sha256] = record
        let released = Event.released(sha256: sha256, monitor)
        if record.count > 0 { return [released] }
        leaving[sha256] = replacedAt
        return replacedAt == nil ? [released, .gone(sha256: sha256, isReplaced: false)] : [released]
    }

    private mutating func touch(_ monitor: MonitorID, _ now: Timestamp) {
        monitors[monitor]?.seenAt = now
        for sha256 in monitors[monitor]?.certificates ?? [] { known[sha256]?.seenAt = now }
    }

    // MARK: Rules

    /// The certificates that count: each once, without expired issuers that verification did not use.
    private static func certificates(of facts: CertificateFacts, at now: Timestamp) -> [Certificate] {
        let leaf = Certificate(
            sha256: facts.sha256,
            subject: facts.subject,
            notAfter: facts.notAfter,
            isIssuer: false
        )
        var found = [leaf]
        for link in facts.chain.prefix(chainLimit) where !(facts.valid && link.notAfter < now) {
            guard !found.contains(where: { $0.sha256 == link.sha256 }) else { continue }
            found.append(
                Certificate(sha256: link.sha256, subject: link.subject, notAfter: link.notAfter, isIssuer: true)
            )
        }
        return found
    }

    /// The lowest reached threshold; nil for none.
    static func level(of notAfter: Timestamp, at now: Timestamp) -> Int? {
        levels.last { reaching(notAfter, $0) <= now }
    }

    private static func nextCrossing(of notAfter: Timestamp, after now: Timestamp) -> Timestamp {
        levels.lazy.map { reaching(notAfter, $0) }.first { $0 > now } ?? Timestamp(milliseconds: .max)
    }

    /// The first instant at which at most that many whole days are left.
    private static func reaching(_ notAfter: Timestamp, _ level: Int) -> Timestamp {
        notAfter - day * (level + 1) + .milliseconds(1)
    }
}
