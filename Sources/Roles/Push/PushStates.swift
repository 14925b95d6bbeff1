import Base
import Domain
import PushCheck

/// The active push monitors by id and by token.
struct PushStates {
    /// One monitor that waits for pings.
    struct Watched {
        let id: MonitorID
        var revision: Int64
        var token: String
        var target: String
        var takesPostAlone: Bool
        var allowance: PushAllowance
        /// The identity of its newest result.
        var newest: Timestamp?
        /// The failure of its newest result, without what the sender sent; nil after a success.
        var failure: Outcome?

        /// The identity of a result at an instant: no two results of a monitor have the same.
        mutating func identity(at time: Timestamp) -> Timestamp {
            var identity = time
            // When the clock was set back by more, identities start over.
            if let newest, time <= newest, newest - time < .seconds(10) { identity = newest + .milliseconds(1) }
            newest = identity
            return identity
        }
    }

    private var watched: [MonitorID: Watched] = [:]
    private var ids: [String: [MonitorID]] = [:]

    var count: Int { watched.count }
    var isEmpty: Bool { watched.isEmpty }

    subscript(_ id: MonitorID) -> Watched? {
        get { watched[id] }
        set {
            if let old = watched[id], old.token != newValue?.token {
                ids[old.token]?.removeAll { $0 == id }
                if ids[old.token]?.isEmpty == true { ids[old.token] = nil }
            }
            if let newValue, watched[id]?.token != newValue.token { ids[newValue.token, default: []].append(id) }
            watched[id] = newValue
        }
    }

    /// The monitors that share a token; mostly one.
    func monitors(_ token: String) -> [MonitorID] { ids[token] ?? [] }
}
