package import Domain

/// Which monitors entered maintenance, and which left it.
package struct MaintenanceChange: Sendable, Equatable {
    /// Ascending.
    package var began: [MonitorID]
    /// Ascending.
    package var ended: [MonitorID]

    package init(from before: Set<MonitorID>, to after: Set<MonitorID>) {
        (began, ended) = (after.subtracting(before).sorted(), before.subtracting(after).sorted())
    }

    private init(began: [MonitorID] = [], ended: [MonitorID] = []) { (self.began, self.ended) = (began, ended) }

    package var isEmpty: Bool { began.isEmpty && ended.isEmpty }

    /// The part of the change that is about some monitors.
    func filter(_ isWanted: (MonitorID) -> Bool) -> MaintenanceChange {
        MaintenanceChange(began: began.filter(isWanted), ended: ended.filter(isWanted))
    }

    /// The same in parts of so many monitors at most.
    func parts(of size: Int) -> [MaintenanceChange] {
        func cut(_ ids: [MonitorID]) -> [[MonitorID]] {
            stride(from: 0, to: ids.count, by: size).map { Array(ids[$0..<min($0 + size, ids.count)]) }
        }
        return cut(began).map { MaintenanceChange(began: $0) } + cut(ended).map { MaintenanceChange(ended: $0) }
    }
}
