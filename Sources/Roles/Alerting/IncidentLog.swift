package import Base
import Domain

/// Logs what happened to incidents, one line each; many changes at once are one line.
package struct IncidentLog: Sendable {
    private let logger: Logger
    private static let lineLimit = 20

    package init(_ logger: Logger) { self.logger = logger }

    package func note(_ changes: [IncidentChange]) {
        let news = changes.filter { ![.updated, .reminded].contains($0.kind) }
        for change in news.prefix(news.count > Self.lineLimit ? 1 : Self.lineLimit) {
            let incident = change.incident
            let fields = LogMetadata([
                ("incident", "\(incident.id)"), ("kind", incident.kind.rawValue), ("subject", incident.subject),
                ("severity", incident.severity.rawValue), ("message", incident.message),
                ("resolution", incident.resolution), ("by", incident.acknowledgedBy),
            ])
            logger.info("an incident was \(change.kind.rawValue)", fields)
        }
        guard news.count > Self.lineLimit else { return }
        let counts = Dictionary(grouping: news, by: \.kind.rawValue).mapValues { "\($0.count)" }
        let fields = LogMetadata(counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        logger.info("many incidents changed at once", fields)
    }
}
