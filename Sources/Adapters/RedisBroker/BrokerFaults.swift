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

    private let health: Health?
    private let problems = Locked<[Place: String]>([:])

    init(health: Health?) { self.health = health }

    /// Notes that something fails; its first failure is logged.
    func begin(_ work: Work, _ topic: StreamTopic, _ group: String?, _ error: RedisError, _ logger: Logger) {
        let place = Place(work: work, topic: topic.name, group: group)
        let isNew = problems.withLock { problems in
            defer { problems[place] = "\(work.rawValue) \(topic.name): \(error)" }
            return problems[place] == nil
        }
        report()
        guard isNew else { return }
        logger.warning("\(work.rawValue) a topic fails; trying again", Self.fields(place, "\(error)"))
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
            health.set("broker", problems.values.min().map { .failing($0) } ?? .ok)
        }
    }
}
