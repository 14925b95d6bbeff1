package import Base
import Domain
import SQL
package import Storage

/// Turns changes of incidents into items of the outbox, in the transaction of the changes.
package struct NotificationPlanner: Sendable {
    private let channels: ChannelRepository
    private let links: IncidentLinks
    private let logger: Logger?

    /// `logger` is told of incidents that reach nobody, or not everybody.
    package init(channels: ChannelRepository, links: IncidentLinks, logger: Logger? = nil) {
        (self.channels, self.links, self.logger) = (channels, links, logger)
    }

    /// How long an incident waits for the one that may explain it: the other monitor's check has its own time.
    package static let explanationTime: Duration = .seconds(15)
    /// How long an explained incident waits, after its cause has ended, to end by itself.
    package static let returnTime: Duration = .seconds(90)

    /// The running incident of a monitor that another one depends on; nil when none of them is down.
    func cause(of parents: [MonitorID], _ session: any SQLSession) async throws(SQLError) -> IncidentID? {
        for parent in parents {
            let incident = try await IncidentStore(session).running(of: parent)
            if let incident, !incident.isDegradation { return incident.id }
        }
        return nil
    }

    /// Plans which channels are notified of the changes, in order.
    ///
    /// A later change may withdraw items that an earlier one of the same transaction queued.
    func plan(_ changes: [IncidentChange], _ session: any SQLSession) async throws(SQLError) {
        guard !changes.isEmpty else { return }
        let context = try await Context(channels, session)
        var unsent = UnsentNotes()
        for change in changes {
            let items =
                switch change.kind {
                case .opened, .reopened, .escalated: try await begin(change, context, &unsent, session)
                case .acknowledged: try await acknowledge(change, context, session)
                case .resolved: try await end(change, context, &unsent, session)
                case .reminded: try await remind(change, context, session)
                case .updated: [OutboxItem]()
                }
            try await OutboxStore(session).enqueue(items)
        }
        unsent.log(logger)
    }

    private func begin(
        _ change: IncidentChange,
        _ context: Context,
        _ unsent: inout UnsentNotes,
        _ session: any SQLSession
    ) async throws(SQLError) -> [OutboxItem] {
        let incident = change.incident
        var isHeld = false
        var patience = Duration.zero
        if incident.kind == .monitor, let monitor = incident.monitorID, !incident.isDegradation {
            // Also when it is explained itself: those that depend on it are explained by it.
            try await explain(by: incident, monitor, session)
        }
        if let cause = incident.causedBy {
            isHeld = true
            let words = "Kept back: incident \(cause) of a monitor that this one depends on explains it"
            let line = IncidentEvent(.suppressed, at: incident.updatedAt, words)
            try await IncidentStore(session).add([line], to: incident.id)
        } else {
            patience = try await self.patience(with: incident, session)
        }
        var knowing: Set<ChannelID> = []
        if change.kind == .reopened {
            // A channel that was not notified of the end yet takes the incident for running, which is right again.
            try await OutboxStore(session).withdraw(incident.id, events: [.resolved])
            knowing = Set(try await OutboxStore(session).notified(incident.id).map(\.channel))
        }
        let isAcknowledged = incident.state == .acknowledged
        // Somebody sees to it: only who was told that it is over is told that it goes on.
        let heard = isAcknowledged ? try await OutboxStore(session).channels(of: incident.id) : []
        if change.kind == .escalated {
            // What was not told yet is no longer true.
            try await OutboxStore(session).withdraw(incident.id, events: [.firing, .reminder, .resolved])
        }
        if change.kind == .opened, let monitor = incident.monitorID, incident.kind == .monitor {
            try await OutboxStore(session).hastenEnd(before: incident.id, of: monitor, at: incident.updatedAt)
        }
        let routing = try await routing(of: incident, context, session)
        for gap in routing.gaps where knowing.isEmpty {
            try await unsent.add(gap, reachesNobody: routing.routes.isEmpty, context.names, incident, session)
        }
        return routing.routes.compactMap { route in
            var route = route
            if isAcknowledged {
                if knowing.contains(route.channel) || !heard.contains(route.channel) { return nil }
                route.repeatInterval = nil
            }
            // Who takes it for running hears no second beginning, but goes on being reminded.
            let isKnown = knowing.contains(route.channel)
            guard let wait = isKnown ? route.repeatInterval : max(route.delay, patience) else { return nil }
            var item = OutboxItem(
                route,
                incident.id,
                content(isKnown ? .reminder : .firing, change),
                dueAt: incident.updatedAt + wait,
                now: incident.updatedAt
            )
            if isHeld { item.state = .held }
            return item
        }
    }

    /// How long an incident waits for one that may explain it.
    private func patience(with incident: Incident, _ session: any SQLSession) async throws(SQLError) -> Duration {
        guard incident.kind == .monitor, let monitor = incident.monitorID,
            let brief = try await MonitorBrief.read(monitor, session), !brief.alerting.dependsOn.isEmpty
        else { return .zero }
        return Self.explanationTime
    }

    private func routing(
        of incident: Incident,
        _ context: Context,
        _ session: any SQLSession
    ) async throws(SQLError) -> Routing {
        let own = try await context.repeatInterval(of: incident, session)
        var preferred: String?
        if let rule = incident.ruleID { preferred = try await AlertRuleRepository.channel(of: rule, session) }
        var routing = Routing(for: incident.labels, context.policies, context.channels, preferred: preferred)
        for index in routing.routes.indices {
            routing.routes[index].repeatInterval = routing.routes[index].repeatInterval ?? own
        }
        return routing
    }

    /// Notifies channels of an open incident that is routed to them now but was never sent to them; returns how many.
    ///
    /// An incident whose stored rows cannot be read is passed to `skip` with the error and does not affect the others.
    /// Throws the transient `SQLError` of a read or a write.
    func planMissing(
        _ incidents: [Incident],
        at now: Timestamp,
        _ session: any SQLSession,
        skip: (Incident, SQLError) -> Void
    ) async throws(SQLError) -> Int {
        guard !incidents.isEmpty else { return 0 }
        let context = try await Context(channels, session)
        var count = 0
        for incident in incidents {
            do throws(SQLError) {
                count += try await planMissing(incident, at: now, context, session)
            } catch {
                if error.isTransient { throw error }
                skip(incident, error)
            }
        }
        return count
    }

    private func planMissing(
        _ incident: Incident,
        at now: Timestamp,
        _ context: Context,
        _ session: any SQLSession
    ) async throws(SQLError) -> Int {
        let outbox = OutboxStore(session)
        let known = try await outbox.channels(of: incident.id)
        let missing = try await routing(of: incident, context, session).routes.filter { !known.contains($0.channel) }
        if missing.isEmpty { return 0 }
        let isHeld = try await Explanations(session).isHeld(incident)
        let patience = try await patience(with: incident, session)
        let news = content(.firing, IncidentChange(.opened, incident))
        let items = missing.map { route in
            let due = max(now, incident.openedAt + max(route.delay, patience))
            var item = OutboxItem(route, incident.id, news, dueAt: due, now: now)
            if isHeld { item.state = .held }
            return item
        }
        try await outbox.enqueue(items)
        return items.count
    }

    /// Holds the notifications of running incidents whose monitors depend on this incident's monitor.
    private func explain(
        by incident: Incident,
        _ monitor: MonitorID,
        _ session: any SQLSession
    ) async throws(SQLError) {
        let store = IncidentStore(session)
        for var child in try await store.running(dependingOn: monitor) {
            if let cause = child.causedBy, cause != incident.id, let other = try await store.incident(cause),
                other.state != .resolved
            {
                continue
            }
            let id = child.id
            try await OutboxStore(session).hold(id)
            // It was explained by this incident before, and this one reopened before the other was notified.
            if child.causedBy == incident.id { continue }
            child.causedBy = incident.id
            try await store.update(child)
            let words = "Explained by incident \(incident.id) of \(incident.subject)"
            try await store.add([IncidentEvent(.suppressed, at: incident.updatedAt, words)], to: id)
        }
    }

    /// Has what an incident that is over explained be explained by another one that still runs, or lets it go.
    ///
    /// What is released waits, since most of it ends by itself soon.
    private func passOn(_ incident: Incident, _ session: any SQLSession) async throws(SQLError) {
        guard incident.kind == .monitor else { return }
        let store = IncidentStore(session)
        for var child in try await store.running(causedBy: incident.id) {
            guard let monitor = child.monitorID else { continue }
            let parents = try await MonitorBrief.read(monitor, session)?.alerting.dependsOn ?? []
            if let other = try await cause(of: parents, session), other != incident.id {
                child.causedBy = other
                try await store.update(child)
                let words = "Explained by incident \(other) as well"
                try await store.add([IncidentEvent(.suppressed, at: incident.updatedAt, words)], to: child.id)
            } else {
                let due = incident.updatedAt + Self.returnTime
                try await Explanations(session).release(child, due: due, at: incident.updatedAt)
            }
        }
    }

    private func acknowledge(
        _ change: IncidentChange,
        _ context: Context,
        _ session: any SQLSession
    ) async throws(SQLError) -> [OutboxItem] {
        let outbox = OutboxStore(session)
        let notified = try await outbox.notified(change.incident.id)
        try await outbox.withdraw(change.incident.id, events: [.firing, .reminder])
        return follow(notified, .acknowledged, change, context)
    }

    private func end(
        _ change: IncidentChange,
        _ context: Context,
        _ unsent: inout UnsentNotes,
        _ session: any SQLSession
    ) async throws(SQLError) -> [OutboxItem] {
        let outbox = OutboxStore(session)
        let incident = change.incident
        let notified = try await outbox.notified(incident.id)
        let reached = Set(notified.map(\.channel))
        let settleTime = try await settleTime(of: incident, session)
        // Who was not told that it began need not be told that it is over.
        let stale: [AlertMessage.Event] = settleTime > .zero ? [] : [.acknowledged]
        let withdrawn = try await outbox.withdraw(incident.id, events: [.firing, .reminder] + stale)
        for item in withdrawn where item.event == "firing" && !reached.contains(item.channel) {
            try await unsent.add(endedBefore: item, context.names, incident, session)
        }
        let lost = try await outbox.notified(incident.id, includingLost: true).filter { !reached.contains($0.channel) }
        var unbegun = follow(lost, .resolved, change, context).filter { context.sendsResolved.contains($0.channel) }
        for index in unbegun.indices {
            unbegun[index].state = .unsent
            try await unsent.add(unbegun: unbegun[index].channel, context.names, incident, session)
        }
        try await passOn(incident, session)
        let ends = follow(notified, .resolved, change, context, after: settleTime)
        return ends.filter { context.sendsResolved.contains($0.channel) } + unbegun
    }

    /// How long the end of an incident waits, since the incident is reopened when it comes back within this time.
    private func settleTime(of incident: Incident, _ session: any SQLSession) async throws(SQLError) -> Duration {
        guard incident.kind == .monitor, incident.resolution == MonitorVerdict.Closing.recovered.rawValue,
            let monitor = incident.monitorID, let brief = try await MonitorBrief.read(monitor, session)
        else { return .zero }
        return brief.alerting.rule.settleTime
    }

    /// Reminds the notified channels, unless the incident is acknowledged or a policy already reminds the channel.
    private func remind(
        _ change: IncidentChange,
        _ context: Context,
        _ session: any SQLSession
    ) async throws(SQLError) -> [OutboxItem] {
        guard change.incident.state == .open else { return [] }
        let outbox = OutboxStore(session)
        let notified = try await outbox.notified(change.incident.id, includingLost: true).filter {
            $0.repeatInterval == nil
        }
        // A channel that does not get rid of its messages gets no more of the same.
        let waiting = try await outbox.waiting(change.incident.id, .reminder)
        return follow(notified.filter { !waiting.contains($0.channel) }, .reminder, change, context)
    }

    /// An item for each notified channel, with the same routing as its last one.
    private func follow(
        _ notified: [OutboxItem],
        _ event: AlertMessage.Event,
        _ change: IncidentChange,
        _ context: Context,
        after wait: Duration = .zero
    ) -> [OutboxItem] {
        notified.filter { context.known.contains($0.channel) }.map { last in
            var route = Route(last.channel)
            (route.group, route.groupInterval) = (last.group, last.groupInterval)
            let now = change.incident.updatedAt
            return OutboxItem(route, change.incident.id, content(event, change), dueAt: now + wait, now: now)
        }
    }

    private func content(_ event: AlertMessage.Event, _ change: IncidentChange) -> AlertMessage.Item {
        AlertMessage.Item(event, change.incident, facts: change.facts, links: links)
    }

    /// What is read once for all changes of a transaction.
    private struct Context {
        let channels: [Channel]
        let policies: [Policy]
        /// Those that there are still.
        let known: Set<ChannelID>
        /// For people: `ops (slack)`.
        let names: [ChannelID: String]
        let sendsResolved: Set<ChannelID>

        init(_ repository: ChannelRepository, _ session: any SQLSession) async throws(SQLError) {
            channels = try await repository.briefs(session)
            policies = try await PolicyRepository.list(session)
            known = Set(channels.map(\.id))
            names = Dictionary(uniqueKeysWithValues: channels.map { ($0.id, $0.title) })
            sendsResolved = Set(channels.filter(\.sendsResolved).map(\.id))
        }

        func repeatInterval(of incident: Incident, _ session: any SQLSession) async throws(SQLError) -> Duration? {
            guard let monitor = incident.monitorID else { return nil }
            return try await MonitorBrief.read(monitor, session)?.alerting.repeatInterval
        }
    }
}
