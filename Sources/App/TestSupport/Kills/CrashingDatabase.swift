import Base
package import SQL

/// A database whose process is killed: no call of a dead process reaches it, and none of its answers arrive.
package final class CrashingDatabase: ForwardingDatabase {
    package let inner: any Database
    package let life: Lifeline

    package init(_ inner: any Database, _ life: Lifeline) { (self.inner, self.life) = (inner, life) }

    package func call<R>(
        _ kind: DatabaseCall,
        _ body: () async throws(SQLError) -> R
    ) async throws(SQLError) -> R {
        guard life.step() else { throw .unavailable("the process is gone") }
        let answer = try await body()
        guard life.step() else { throw .unavailable("the process is gone") }
        return answer
    }
}
