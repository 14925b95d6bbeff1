import Base
import Storage

extension APIProblem {
    /// The problem for a repository's error, without details of the database.
    init(_ error: StorageError) {
        switch error {
        case .duplicate(let field): self.init(409, "A monitor with this \(field.rawValue) exists already")
        case .notFound: self = .noSuchMonitor
        case .conflict: self.init(409, "The monitor was changed in the meantime; read it again")
        case .dependency(let text):
            self.init([.value(text, at: ["body", "depends_on"])])
        case .regions(let text): self.init([.value(text, at: ["body", "regions"])])
        case .targetTaken(let id):
            self.init(409, "Monitor \(id) has this target already, and no two monitors may share it")
        case .unreadable(let what):
            self = .damage(what)
        case .database:
            self = error.unavailability.map { .storeUnavailable($0) } ?? .failure(error.description)
        }
    }
}

/// Calls a repository and converts its error.
func stored<R>(_ body: () async throws(StorageError) -> R) async throws(APIProblem) -> R {
    do throws(StorageError) { return try await body() } catch { throw APIProblem(error) }
}
