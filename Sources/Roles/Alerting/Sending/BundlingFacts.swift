import Base
import Domain
import SQL
import Storage

/// What a bundler needs to know about its items, read in the transaction in which they are bundled.
struct BundlingFacts {
    private(set) var lastNotified: [String: Timestamp] = [:]
    private(set) var firstWait: [String: Timestamp] = [:]
    private var silences: [Silence] = []
    private var labels: [IncidentID: [String: [String]]] = [:]
    /// Ends whose beginnings were given up.
    private(set) var unbegun: Set<Int64> = []
    private let now: Timestamp

    static func read(
        _ items: [OutboxItem],
        of channel: ChannelID,
        at now: Timestamp,
        _ session: any SQLSession
    ) async throws(SQLError) -> BundlingFacts {
        var facts = BundlingFacts(now: now)
        for group in Set(items.compactMap(\.group)) {
            facts.lastNotified[group] = try await OutboxRepository.lastNotified(channel, group: group, session)
        }
        for group in Set(items.filter { $0.waitUntil != nil }.compactMap(\.group)) {
            facts.firstWait[group] = try await OutboxRepository.firstWait(channel, group: group, session)
        }
        // What comes from a channel that did get the beginning stands for that channel.
        for item in items
        where (item.event == .resolved || item.event == .acknowledged) && item.fallbackFrom.isEmpty {
            let isBegun = try await OutboxStore(session).isBegun(item.incident, on: channel)
            if !isBegun { facts.unbegun.insert(item.id) }
        }
        facts.silences = try await SilenceRepository.list(session, endingAfter: now)
        guard !facts.silences.isEmpty else { return facts }
        for id in Set(items.map(\.incident)) {
            facts.labels[id] = try await IncidentStore(session).incident(id)?.labels
        }
        return facts
    }

    private init(now: Timestamp) { self.now = now }

    /// The end of the matching silence that ends last.
    func silencedUntil(_ item: OutboxItem) -> Timestamp? {
        guard let labels = labels[item.incident] else { return nil }
        return silences.filter { $0.holds(labels, at: now) }.map(\.endsAt).max()
    }

    /// Says in the timelines what a silence keeps back, and which ends are not sent, once.
    func note(
        _ bundling: Bundling,
        _ items: [OutboxItem],
        channel: String,
        _ session: any SQLSession
    ) async throws(SQLError) {
        let silenced = Set(bundling.putOff.filter { $0.state == .silenced }.map(\.item))
        for item in items where silenced.contains(item.id) && item.state == .queued {
            let until = silencedUntil(item) ?? now
            let line = IncidentEvent(.suppressed, at: now, "Kept back by a silence until \(until)")
            try await IncidentStore(session).add([line], to: item.incident)
        }
        for item in items where unbegun.contains(item.id) && item.event == .resolved {
            let line = IncidentEvent(.suppressed, at: now, "\(UnsentNotes.unbegun) \(channel)")
            try await IncidentStore(session).note(line, to: item.incident)
        }
    }
}
