package import Base

/// Notices when certificates come near their end, each at most once for a threshold, whoever shows them.
///
/// Counts by certificate, not by monitor: a hundred monitors that show one give one notice, and a renewed intermediate
/// does not hide what becomes of the leaf. Pure; a check whose certificates are as before costs a look-up.
package struct CertificateWatch: Sendable {
    /// Whole days left at which is told, descending; the day of the end is 0, what has ended -1.
    package static let levels = [21, 14, 7, 3, 1, 0, -1]
    /// After so long without a check that shows it a certificate is forgotten.
    package static let memory = Duration.seconds(30 * 86_400)
    /// Of several servers behind one name some may show the old certificate for longer: only after so long without one
    /// of these it counts as replaced.
    package static let lingering = Duration.seconds(1800)
    /// The certificates of one chain that are looked at.
    private static let chainLimit = 10
    private static let day = Duration.seconds(86_400)

    /// A certificate that somebody is told of.
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
        /// So near to its end for the first time; seen by a monitor, and shown by all of these.
        case crossed(Certificate, level: Int, seenBy: MonitorID, holders: [MonitorID])
        /// A monitor shows a certificate that was told of.
        case held(sha256: String, MonitorID)
        /// A monitor shows it no more.
        case released(sha256: String, MonitorID)
        /// No monitor shows it any more; `isReplaced` when the last one shows another instead, for `lingering` already.
        case gone(sha256: String, isReplaced: Bool)
        /// Forgotten: should it come back, it is told of anew.
        case dropped(sha256: String)
    }

    private struct Known {
        var notAfter: Timestamp
        /// What was told of it last; nil for nothing yet.
        var level: Int?
        /// How many monitors show it.
        var count = 0
        var seenAt: Timestamp
    }

    /// What a monitor shows.
    private struct Shown {
        var leaf = ""
        var chain: [String] = []
        var isValid = false
        /// Those that count.
        var certificates: [String]
        /// When one of them comes nearer to its end by a threshold.
        var nextAt: Timestamp
        var seenAt: Timestamp
    }

    private var known: [String: Known] = [:]
    private var monitors: [MonitorID: Shown] = [:]
    private var sweptAt: Timestamp?
    /// Certificates that were told of and that nobody shows now, with when they were seen last.
    private var leaving: [String: Timestamp] = [:]

    package init() {}

    /// How many certificates are remembered.
    package var count: Int { known.count }

    /// Takes up what was told before a restart.
    package mutating func restore(sha256: String, notAfter: Timestamp, level: Int, seenAt: Timestamp) {
        known[sha256] = Known(notAfter: notAfter, level: level, seenAt: seenAt)
        leaving[sha256] = seenAt
    }

    /// Takes up who showed it before a restart; after the certificates themselves.
    package mutating func restore(holder: MonitorID, of sha256: String) {
        guard let certificate = known[sha256] else { return }
        let never = Timestamp(milliseconds: .min)
        monitors[holder, default: Shown(certificates: [], nextAt: never, seenAt: certificate.seenAt)]
            .certificates.append(sha256)
        known[sha256]?.count += 1
        leaving[sha256] = nil
    }

    /// Takes the certificates that a monitor's check has found.
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

    /// A monitor is gone, or shows no certificates any more.
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

    /// Tells what was replaced, and forgets what was not seen for long, for which it looks once a day.
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

    /// The certificates that count: each once, and no issuer that has ended and that verification did without.
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

    /// The lowest threshold that is reached; nil for none.
    static func level(of notAfter: Timestamp, at now: Timestamp) -> Int? {
        levels.last { reaching(notAfter, $0) <= now }
    }

    private static func nextCrossing(of notAfter: Timestamp, after now: Timestamp) -> Timestamp {
        levels.lazy.map { reaching(notAfter, $0) }.first { $0 > now } ?? Timestamp(milliseconds: .max)
    }

    /// The first instant at which no more than so many whole days are left.
    private static func reaching(_ notAfter: Timestamp, _ level: Int) -> Timestamp {
        notAfter - day * (level + 1) + .milliseconds(1)
    }
}
