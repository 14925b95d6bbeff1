package import Base
package import Domain

/// Reports enabled channels that cannot send, such as those sealed with another key, in the health and the log.
///
/// Their messages wait, so nothing else would say that nobody is notified.
package final class ChannelReport: Sendable {
    private let health: Health
    private let logger: Logger
    private let fault: @Sendable (Channel) -> String?
    /// The last text, so that it is logged once.
    private let last = Locked<String?>(nil)

    /// `fault` is why a channel cannot send; nil when it can.
    package init(health: Health, logger: Logger, fault: @escaping @Sendable (Channel) -> String?) {
        self.health = health
        self.logger = logger
        self.fault = fault
    }

    /// Reports the channels as they were just read.
    package func report(_ channels: [Channel]) {
        let text = text(channels)
        health.set("channels", text.map { .degraded($0) } ?? .ok)
        let isNews = last.withLock { last in
            defer { last = text }
            return last != text
        }
        if isNews, let text { logger.warning("channels cannot send; their messages wait", ["channels": text]) }
    }

    private func text(_ channels: [Channel]) -> String? {
        let enabled = channels.filter(\.isEnabled)
        let faulty = enabled.lazy.compactMap { channel in self.fault(channel).map { (channel.name, $0) } }
        guard let (name, reason) = faulty.first else { return nil }
        return "\(faulty.count) of \(enabled.count) enabled channels cannot send; for example '\(name)': \(reason)"
    }
}
