import Base
import Domain
import Storage

/// Combines due items into messages: one each while they are few, a digest when they are many or belong together.
struct Bundler {
    /// The channel's options.
    struct Options {
        /// Whether one message may be about several incidents.
        var isDigesting: Bool
        /// Whether every item must be listed, because the receiver tracks each incident.
        var isComplete = false
        /// The first part of each message's key.
        var prefix: String
    }

    let options: Options
    let now: Timestamp
    /// When each group was told of last.
    let lastNotified: [String: Timestamp]
    /// Until when the first item of each group waits for others.
    var firstWait: [String: Timestamp] = [:]
    /// Until when an item is silenced; nil when it is not.
    let silencedUntil: (OutboxItem) -> Timestamp?
    /// Items that are not sent, since the channel never got the beginning.
    var unbegun: Set<Int64> = []

    /// More than so many at once are one digest.
    static let apart = 5
    /// The tokens that a digest of many items takes from the channel's rate limit: later ones wait, and grow.
    static let digestPrice = 5
    /// The most items that a message for people lists.
    static let listed = 20
    /// The most items that a message for a machine lists; the others go into further messages.
    static let tracked = 100

    func bundle(_ items: [OutboxItem], _ bucket: inout TokenBucket) -> Bundling {
        var bundling = Bundling()
        var groups: [String: [OutboxItem]] = [:]
        var single: [OutboxItem] = []
        for item in items {
            let mayBeSilenced = item.event == .firing || item.event == .reminder
            if unbegun.contains(item.id) {
                bundling.putOff.append(.init(item.id, until: item.dueAt, .unsent))
            } else if mayBeSilenced, let end = silencedUntil(item) {
                bundling.putOff.append(.init(item.id, until: end, .silenced))
            } else if let group = item.group, options.isDigesting {
                groups[group, default: []].append(item)
            } else {
                single.append(item)
            }
        }
        for (group, members) in groups.sorted(by: { $0.key < $1.key }) {
            let interval = members.map(\.groupInterval).max() ?? .zero
            // Told after now means that clocks were set back since: nobody knows when it was.
            let quiet = lastNotified[group].map { $0 > now ? now : $0 + interval } ?? now
            // After a pause the first of a group waits for others, as long as every one of them does.
            let waits = members.map { $0.waitUntil ?? now } + [firstWait[group]].compactMap(\.self)
            let free = max(quiet, waits.min() ?? now)
            if free > now {
                putOff(members, until: free, &bundling)
            } else if bucket.available(at: now) > 0 {
                bucket.take(1)
                send(members, group, &bundling)
            } else {
                putOff(members, until: bucket.next(after: now), &bundling)
            }
        }
        bundle(single: single, &bucket, &bundling)
        return bundling
    }

    private func bundle(single: [OutboxItem], _ bucket: inout TokenBucket, _ bundling: inout Bundling) {
        guard !single.isEmpty else { return }
        let room = bucket.available(at: now)
        if !options.isDigesting || single.count <= min(Self.apart, room) {
            // For what there is no room it is due all the same: to move thousands for each that leaves costs too much.
            let sent = single.prefix(room)
            bucket.take(sent.count)
            for item in sent { send([item], nil, &bundling) }
        } else if room > 0 {
            bucket.take(single.count > Self.apart ? Self.digestPrice : 1)
            send(single, nil, &bundling)
        } else {
            putOff(single, until: bucket.next(after: now), &bundling)
        }
    }

    private func putOff(_ items: [OutboxItem], until time: Timestamp, _ bundling: inout Bundling) {
        bundling.putOff += items.map { .init($0.id, until: max(time, now + .milliseconds(1)), .queued) }
    }

    private func send(_ items: [OutboxItem], _ group: String?, _ bundling: inout Bundling) {
        guard let first = items.first else { return }
        // The worst first, running incidents before ended ones.
        let ordered = items.sorted { left, right in
            if (left.event == .resolved) != (right.event == .resolved) { return right.event == .resolved }
            return (right.content.severity, left.id) < (left.content.severity, right.id)
        }
        if options.isComplete {
            for start in stride(from: 0, to: ordered.count, by: Self.tracked) {
                let part = Array(ordered[start..<min(start + Self.tracked, ordered.count)])
                let id = "\(options.prefix)-\(part.map(\.id).min() ?? first.id)"
                let message = AlertMessage(id: id, items: part.map(\.content), createdAt: now)
                bundling.messages.append(.init(message, items: part.map(\.id), group: group))
            }
        } else {
            var message = AlertMessage(
                id: "\(options.prefix)-\(first.id)",
                items: ordered.prefix(Self.listed).map(\.content),
                createdAt: now
            )
            message.omit(ordered.dropFirst(Self.listed).map(\.event))
            bundling.messages.append(.init(message, items: items.map(\.id), group: group))
        }
        for item in items where item.event == .firing || item.event == .reminder {
            guard let interval = item.repeatInterval else { continue }
            var reminder = item
            (reminder.event, reminder.content.event) = (.reminder, .reminder)
            (reminder.dueAt, reminder.createdAt, reminder.state) = (now + interval, now, .queued)
            (reminder.fallbackFrom, reminder.waitUntil) = ([], nil)
            bundling.reminders.append(reminder)
        }
    }
}
