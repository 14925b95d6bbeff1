import Base
import Runtime
import Storage

/// Searches for unreadable stored rows at start and every few minutes.
struct StoredRowWatch: Service {
    let name = "stored rows"
    let survey: StoredRowSurvey
    let logger: Logger
    private static let interval: Duration = .seconds(300)

    func run(until shutdown: GracefulShutdown, ready: Readiness) async throws {
        ready.report()
        let looking = Task {
            while !Task.isCancelled {
                do throws(StorageError) { try await survey.run(at: .now) } catch {
                    logger.debug("stored rows cannot be checked now", ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
        await shutdown.wait()
        looking.cancel()
        await looking.value
    }
}
