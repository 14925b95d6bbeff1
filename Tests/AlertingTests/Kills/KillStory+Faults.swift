import Base
import Domain
import Storage

/// Compares the received messages with the expected ones.
extension KillStory {
    /// The errors in the received messages, in words; empty when there are none.
    func faults() async throws -> [String] {
        var faults = receiver.changed.map { "the key \($0) came again with another message" }
        let incidents = try await incidents()
        let stored = incidents.map { Outage(monitor: $0.subject, from: $0.openedAt, to: $0.resolvedAt) }
        let (had, wanted) = (Set(stored.map(Self.line)), Set(outages.map(Self.line)))
        if had != wanted || stored.count != outages.count {
            faults.append("incidents \(had.subtracting(wanted)) too many, \(wanted.subtracting(had)) missing")
        }
        for watched in watched {
            let routes = try await routes(watched.monitor)
            for incident in incidents where incident.subject == watched.monitor.name {
                faults += check(incident, routes)
            }
        }
        return faults
    }

    private static func line(_ outage: Outage) -> String {
        "\(outage.monitor) \(outage.from)–\(outage.to.map(\.description) ?? "")"
    }

    private func check(_ incident: Incident, _ routes: [(route: Route, isDigesting: Bool)]) -> [String] {
        var faults: [String] = []
        let received = news(of: incident, in: receiver.taken)
        for channel in Set(received.map(\.channel)) where !routes.contains(where: { $0.route.channel == channel }) {
            faults.append("channel \(channel) was notified of \(incident.id), which does not go there")
        }
        for (route, isDigesting) in routes {
            let name = "incident \(incident.id) of \(incident.subject), channel \(route.channel)"
            let own = received.filter { $0.channel == route.channel }
            let words = own.map(\.event.rawValue).joined(separator: " ")
            let isPair =
                own.first?.event == .firing && own.last?.event == .resolved
                && own.dropFirst().dropLast().allSatisfy { $0.event == .reminder }
            if !own.isEmpty, !isPair { faults.append("\(name): '\(words)'") }
            let due = incident.openedAt + route.delay
            let limit = due + (isDigesting && route.group != nil ? route.groupInterval : .zero)
            let end = incident.resolvedAt ?? due
            if own.isEmpty, lulls.contains(where: { $0 >= limit && $0 > incident.openedAt && $0 <= end }) {
                faults.append("\(name): lost")
            }
            if !own.isEmpty, end < due { faults.append("\(name): notified though it was already over") }
            if let interval = route.repeatInterval {
                for (earlier, later) in zip(own, own.dropFirst())
                where later.event == .reminder && later.at - earlier.at < interval {
                    faults.append("\(name): reminded after \(later.at - earlier.at)")
                }
            }
            faults += faultsOfOrder(name, news(of: incident, in: receiver.tries).filter { $0.channel == route.channel })
        }
        return faults
    }

    private struct News {
        let channel: ChannelID
        let key: String
        let event: AlertMessage.Event
        let at: Timestamp
    }

    private func news(of incident: Incident, in tries: [FickleReceiver.Try]) -> [News] {
        tries.flatMap { arrived in
            arrived.message.items.filter { $0.incidentID == incident.id.rawValue }.map { item in
                News(channel: arrived.channel, key: arrived.key, event: item.event, at: arrived.message.createdAt)
            }
        }
    }

    /// Even a receiver that honours no keys never gets a message after a later one.
    private func faultsOfOrder(_ name: String, _ tries: [News]) -> [String] {
        var left: Set<String> = []
        for (earlier, later) in zip(tries, tries.dropFirst()) where earlier.key != later.key {
            left.insert(earlier.key)
            if left.contains(later.key) { return ["\(name): \(later.event) was tried again after \(earlier.event)"] }
        }
        return []
    }
}
