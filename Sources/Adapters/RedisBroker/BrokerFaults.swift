import Base
import Redis

/// What does not work with which topics, said when it begins and ends: in the log, and in `/health` as `broker`.
final class BrokerFaults: Sendable {
    /// What is done with a topic.
    enum Work: String, Sendable {
        case reading = "reading"
        case publishing = "publishing to"
        /// Showing that a member lives, and taking over what dead ones left.
        case claiming = "sharing"
    }

    private struct Place: Hashable {
        let work: Work
        let topic: String
        let group: String?
    }

    private struct Problem {
        var text: String
        var since: MonotonicTime
    }

    private let health: Health?
    private let patience: Duration
    private let problems = Locked<[Place: Problem]>([:])

    /// `patience` is how long a publisher that failed may be silent: nobody knows then whether it would fail again.
    init(health: Health?, patience: Duration = .seconds(20)) { (self.health, self.patience) = (health, patience) }

    /// Notes that something fails; its first failure is logged.
    func begin(_ work: Work, _ topic: StreamTopic, _ group: String?, _ error: RedisError, _ logger: Logger) {
        let place = Place(work: work, topic: topic.name, group: group)
        let isNew = problems.withLock { problems in
            defer { problems[place] = Problem(text: "\(work.rawValue) \(topic.name): \(error)", since: .now) }
            return problems[place] == nil
        }
        report()
        guard isNew else { return }
        // Members try again by themselves until it works; a publisher may have nothing more to say.
        if work == .publishing { Task { [weak self] in await self?.watch(place, logger) } }
        logger.warning("\(work.rawValue) a topic fails; trying again", Self.fields(place, "\(error)"))
    }

    /// Forgets a publisher's failure after which it has published nothing for a while.
    private func watch(_ place: Place, _ logger: Logger) async {
        while let since = problems.withLock({ $0[place]?.since }) {
            let left = since + patience - .now
            if left > .zero {
                try? await Task.sleep(for: left)
                continue
            }
            let isOver = problems.withLock { problems in
                guard problems[place]?.since == since else { return false }
                problems[place] = nil
                return true
            }
            guard isOver else { continue }
            report()
            logger.notice("\(place.work.rawValue) a topic is not tried any more", Self.fields(place, nil))
        }
    }

    /// Notes that it works.
    func end(_ work: Work, _ topic: StreamTopic, _ group: String?, _ logger: Logger) {
        guard let place = remove(work, topic, group) else { return }
        logger.notice("\(work.rawValue) a topic works again", Self.fields(place, nil))
    }

    /// Forgets what failed for a member that has left.
    func forget(_ topic: StreamTopic, _ group: String) {
        for work in [Work.reading, .claiming] { _ = remove(work, topic, group) }
    }

    private func remove(_ work: Work, _ topic: StreamTopic, _ group: String?) -> Place? {
        let removed = problems.withLock { problems -> Place? in
            guard !problems.isEmpty else { return nil }
            let place = Place(work: work, topic: topic.name, group: group)
            return problems.removeValue(forKey: place) == nil ? nil : place
        }
        if removed != nil { report() }
        return removed
    }

    private static func fields(_ place: Place, _ error: String?) -> LogMetadata {
        LogMetadata([("topic", place.topic), ("group", place.group), ("error", error)])
    }

    private func report() {
        guard let health else { return }
        // Within the lock, so that an older report does not overtake a newer one.
        problems.withLock { problems in
            health.set("broker", problems.values.map(\.text).min().map { .failing($0) } ?? .ok)
        }
    }
}
