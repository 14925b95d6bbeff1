import Base
import Runtime

/// The one place where adapters are named and wired.
enum Composition {
    /// Why the system cannot be put together.
    enum CompositionError: Error, CustomStringConvertible {
        case notWired
        var description: String { "serve is not wired yet" }
    }

    /// Runs the whole system until `shutdown` is triggered.
    static func serve(_ settings: Settings, logger: Logger, until shutdown: GracefulShutdown) async throws {
        throw CompositionError.notWired
    }
}
