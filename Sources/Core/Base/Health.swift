/// The current problems of the program, reported by the parts that detect them.
package final class Health: Sendable {
    /// The state of one part.
    package enum Status: Sendable, Equatable {
        case ok
        /// Works, but somebody should look at it.
        case degraded(String)
        /// Does not do its work.
        case failing(String)
    }

    private let ready = Locked(false)
    private let needed = Locked<Set<String>>([])
    private let components = Locked<[String: (status: Status, since: Timestamp)]>([:])

    package init() {}

    /// Whether every part of the program has started, and none is being stopped.
    package var isReady: Bool {
        get { ready.withLock { $0 } }
        set { ready.withLock { $0 = newValue } }
    }

    /// Parts without which the process does not do its work: it is not ready while one of them fails.
    package var needs: Set<String> {
        get { needed.withLock { $0 } }
        set { needed.withLock { $0 = newValue } }
    }

    /// Whether the process does its work, and what keeps it from it; a process that starts has perhaps no reason yet.
    package var readiness: (isReady: Bool, reason: String?) {
        let failing = snapshot.compactMap { part -> (name: String, text: String)? in
            guard case .failing(let text) = part.status else { return nil }
            return (part.component, "\(part.component): \(text)")
        }
        let needs = needs
        let missing = failing.first { needs.contains($0.name) }
        if isReady, missing == nil { return (true, nil) }
        return (false, (missing ?? failing.first)?.text)
    }

    /// Reports the status of a part; repeating the same status keeps the time of its first report.
    package func set(_ component: String, _ status: Status) {
        components.withLock { components in
            if components[component]?.status == status { return }
            components[component] = (status, .now)
        }
    }

    /// Every part that has reported, by name.
    package var snapshot: [(component: String, status: Status, since: Timestamp)] {
        components.withLock { $0 }.map { ($0.key, $0.value.status, $0.value.since) }.sorted { $0.0 < $1.0 }
    }

    /// Whether no part is failing or degraded.
    package var isHealthy: Bool { components.withLock { $0.values.allSatisfy { $0.status == .ok } } }
}
