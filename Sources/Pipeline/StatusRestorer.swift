package import Base
import Domain
package import Runtime
package import Storage

/// Fills the status board from the store at start, page by page, beside everything else.
package struct StatusRestorer: Service {
    package let name = "restorer"
    private let statuses: StatusRepository
    private let board: StatusBoard
    private let logger: Logger

    package init(statuses: StatusRepository, board: StatusBoard, logger: Logger) {
        (self.statuses, self.board, self.logger) = (statuses, board, logger)
    }

    package func run(until shutdown: GracefulShutdown) async throws {
        await eachPage(until: shutdown) { after throws(StorageError) in
            let page = try await statuses.paused(after: after, limit: Self.pageSize)
            board.restorePaused(page)
            return page.last
        }
        await eachPage(until: shutdown) { after throws(StorageError) in
            let page = try await statuses.statuses(after: after, limit: Self.pageSize)
            board.restore(page)
            return page.last?.monitorID
        }
        await shutdown.wait()
    }

    private static let pageSize = 5000

    /// Reads page after page, each until it can be read; nil is the end.
    private func eachPage(
        until shutdown: GracefulShutdown,
        _ read: (MonitorID?) async throws(StorageError) -> MonitorID?
    ) async {
        var after: MonitorID?
        while !shutdown.isTriggered {
            do throws(StorageError) {
                guard let last = try await read(after) else { return }
                after = last
            } catch {
                logger.warning("the stored states cannot be read; trying again", ["error": "\(error)"])
                guard await shutdown.sleep(for: .seconds(1)) else { return }
            }
        }
    }
}
