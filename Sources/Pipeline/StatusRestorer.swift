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
        var after: MonitorID?
        while !shutdown.isTriggered {
            do throws(StorageError) {
                let page = try await statuses.statuses(after: after, limit: 5000)
                guard let last = page.last else { break }
                board.restore(page)
                after = last.monitorID
            } catch {
                logger.warning("the stored states cannot be read; trying again", ["error": "\(error)"])
                guard await shutdown.sleep(for: .seconds(1)) else { return }
            }
        }
        await shutdown.wait()
    }
}
