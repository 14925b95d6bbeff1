import Base
import Domain
import Pipeline

/// A status cache that remembers what it is told.
final class RecordingCache: StatusCache {
    private let results = Locked<[CheckResult]>([])
    private let gone = Locked<[MonitorID]>([])
    var noted: [CheckResult] { results.withLock { $0 } }
    var forgotten: [MonitorID] { gone.withLock { $0 } }

    func note(_ added: [CheckResult]) { results.withLock { $0 += added } }
    func latest(for monitors: [MonitorID]) -> [MonitorID: CheckResult] { [:] }
    func recent(_ monitor: MonitorID) -> [CheckResult] { [] }
    func forget(_ monitor: MonitorID, deleted: Bool) { gone.withLock { $0.append(monitor) } }
}
