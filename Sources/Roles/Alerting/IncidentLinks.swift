import Base
import Domain

/// Keys and links of incidents in messages.
package struct IncidentLinks: Sendable {
    /// `http://host:port`, without a slash at its end; nil leaves links out.
    private let base: String?
    /// Distinguishes the keys of this installation from those of others that write to the same receiver.
    private let installation: String

    package init(base: String?, installation: String) { (self.base, self.installation) = (base, installation) }

    /// The same for all messages of an incident, also after it was reopened; receivers group messages by it.
    func key(_ id: IncidentID) -> String { "sentinel-\(installation)-\(id)" }

    func link(_ id: IncidentID) -> String? { base.map { "\($0)/incidents/\(id)" } }
    func acknowledge(_ id: IncidentID) -> String? { base.map { "\($0)/incidents/\(id)#acknowledge" } }
}

extension AlertMessage.Item {
    /// A message about an incident.
    init(_ event: AlertMessage.Event, _ incident: Incident, facts: [AlertMessage.Fact], links: IncidentLinks) {
        self.init(
            event: event,
            key: links.key(incident.id),
            subject: incident.subject,
            target: incident.target,
            severity: incident.severity,
            text: incident.message,
            since: incident.openedAt
        )
        (incidentID, reason, until) = (incident.id.rawValue, incident.reason, incident.resolvedAt)
        self.facts = facts
        if let name = incident.acknowledgedBy { self.facts.append(.init("Acknowledged by", name)) }
        if let end = incident.resolvedAt {
            self.facts.append(.init("Lasted", (end - incident.openedAt).text))
            if let resolution = incident.resolution, resolution != "recovered" {
                self.facts.append(.init("Ended because", resolution))
            }
        }
        labels = incident.tags.map { tag in
            Incident.seriesLabel(tag).map { .init($0.name, $0.value) } ?? .init("tag", tag)
        }
        (link, acknowledgeLink) = (links.link(incident.id), links.acknowledge(incident.id))
    }
}
