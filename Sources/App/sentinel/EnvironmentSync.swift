import Base
import Domain
import Notify
import Storage

/// Synchronizes channels with the environment variables that describe them.
struct EnvironmentSync {
    let repository: ChannelRepository
    let catalog: ProviderCatalog
    let logger: Logger

    /// The invalid variables; the program does not start with a channel that cannot work.
    struct Faults: Error, CustomStringConvertible {
        let description: String
    }

    /// Adds, changes and removes channels; throws with every variable that is wrong or missing.
    func run(_ variables: [String: String]) async throws {
        let wanted: [ChannelSettings]
        switch EnvironmentChannels.channels({ variables[$0] }, catalog: catalog) {
        case .success(let channels): wanted = channels
        case .failure(let faults):
            throw Faults(description: faults.all.map(\.description).joined(separator: "\n"))
        }
        let stored = try await repository.list()
        var left = stored.filter { $0.origin == .environment }
        for settings in wanted {
            if let index = left.firstIndex(where: { $0.kind == settings.kind }) {
                var channel = left.remove(at: index)
                guard channel.settings != settings.values || channel.fault != nil else { continue }
                (channel.settings, channel.updatedAt) = (settings.values, .now)
                try await repository.update(channel)
                logger.notice("a channel follows its variables", ["channel": channel.name])
            } else {
                let name =
                    stored.contains { $0.name == settings.kind } ? "\(settings.kind) (environment)" : settings.kind
                var draft = Channel(
                    id: ChannelID(rawValue: 0),
                    name: name,
                    kind: settings.kind,
                    settings: settings.values,
                    createdAt: .now
                )
                draft.origin = .environment
                _ = try await repository.insert(draft)
                logger.notice("a channel was made of its variables", ["channel": name])
            }
        }
        for channel in left {
            let count = try await repository.delete(channel.id, at: .now) ?? 0
            logger.notice(
                "a channel has lost its variables and was removed",
                ["channel": channel.name, "incidents_not_sent": "\(count)"]
            )
        }
    }
}
