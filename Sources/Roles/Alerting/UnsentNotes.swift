import Base
import Domain
import SQL
import Storage

/// Says in the timelines, and in the log, which messages about incidents are not sent, and why.
struct UnsentNotes {
    /// How many incidents a reason concerns, and the first of them.
    private var reasons: [String: (count: Int, first: IncidentID)] = [:]

    /// A channel that an incident would go to, or everybody, is not notified.
    mutating func add(
        _ gap: Routing.Gap,
        reachesNobody: Bool,
        _ names: [ChannelID: String],
        _ incident: Incident,
        _ session: any SQLSession
    ) async throws(SQLError) {
        let reason: String
        switch gap {
        case .disabled(let channel): reason = "Not sent to \(Self.name(channel, names)): the channel is disabled"
        case .noChannels(let policy):
            let who = reachesNobody ? "Nobody is notified" : "Nobody else is notified"
            reason = "\(who): the policy '\(policy)' names no channel"
        case .noDefault: reason = "Nobody is notified: no policy fits, and no channel takes what no policy routes"
        case .noChannel: reason = "Nobody is notified: there is no channel"
        }
        try await add(reason, incident, session)
    }

    /// An incident ended before a channel was sent that it began.
    mutating func add(
        endedBefore item: OutboxStore.Withdrawal,
        _ names: [ChannelID: String],
        _ incident: Incident,
        _ session: any SQLSession
    ) async throws(SQLError) {
        let when =
            switch OutboxItem.State(rawValue: item.state) {
            case .held: "while it was kept back"
            case .silenced: "while it was silenced"
            default: "before the message was due"
            }
        try await add("Not sent to \(Self.name(item.channel, names)): the incident ended \(when)", incident, session)
    }

    /// A channel is not sent the end, since the beginning could not be sent to it.
    mutating func add(
        unbegun channel: ChannelID,
        _ names: [ChannelID: String],
        _ incident: Incident,
        _ session: any SQLSession
    ) async throws(SQLError) {
        try await add("\(Self.unbegun) \(Self.name(channel, names))", incident, session)
    }

    static let unbegun = "The end is not sent, since the beginning could not be sent, to"

    private mutating func add(
        _ reason: String,
        _ incident: Incident,
        _ session: any SQLSession
    ) async throws(SQLError) {
        try await IncidentStore(session).note(
            IncidentEvent(.suppressed, at: incident.updatedAt, reason),
            to: incident.id
        )
        reasons[reason, default: (0, incident.id)].count += 1
    }

    /// Writes a line for each reason; within the transaction, so that one that is repeated says it again.
    func log(_ logger: Logger?) {
        guard let logger else { return }
        for (reason, what) in reasons.sorted(by: { $0.key < $1.key }).prefix(20) {
            logger.warning(
                "notifications are not sent",
                ["reason": reason, "incidents": "\(what.count)", "first_incident": "\(what.first)"]
            )
        }
    }

    private static func name(_ channel: ChannelID, _ names: [ChannelID: String]) -> String {
        names[channel] ?? "channel \(channel)"
    }
}
