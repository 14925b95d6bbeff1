import Base
import Fleet
import Runtime

/// The metrics of all processes, read when they are scraped; the same from every process that serves the API.
actor FleetMetrics {
    private let fleet: FleetServices
    private let patience: Duration
    /// What was read last; nil when that failed.
    private var text: String?
    private var readAt: MonotonicTime?
    /// Turned on when the reading under way has ended.
    private var reading: OneWaySwitch?
    private static let lifetime: Duration = .seconds(60)

    /// `patience` is how long a scrape waits; a reading that takes longer serves the next one.
    init(_ fleet: FleetServices, patience: Duration = .seconds(1)) { (self.fleet, self.patience) = (fleet, patience) }

    /// The families in the Prometheus text format; of what cannot be read, only that it cannot.
    func families() async -> String {
        let reading = reading ?? start()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await reading.wait() }
            group.addTask { [patience] in try? await Task.sleep(for: patience) }
            await group.next()
            group.cancelAll()
        }
        let isFresh = readAt.map { MonotonicTime.now - $0 < Self.lifetime } ?? false
        let shown = isFresh ? text : nil
        let registry = MetricsRegistry()
        registry.gauge("sentinel_fleet_readable", "Whether the processes and queues of the fleet could be read.")
            .set(shown == nil ? 0 : 1)
        return registry.prometheusText() + (shown ?? "")
    }

    private func start() -> OneWaySwitch {
        let ended = OneWaySwitch()
        reading = ended
        Task {
            await read()
            ended.turnOn()
        }
        return ended
    }

    private func read() async {
        do throws(FleetError) {
            let members = try await fleet.store.members()
            text = Self.families(members, try await fleet.queues())
        } catch { text = nil }
        readAt = .now
        reading = nil
    }

    private static func families(_ members: [FleetMember], _ queues: [QueueState]) -> String {
        let registry = MetricsRegistry()
        var counts: [[String]: Int] = [:]
        var slots: [String: FleetProcess.Slots] = [:]
        for member in members {
            let (process, region) = (member.process, member.process.region)
            counts[[process.role, region, member.stateWord], default: 0] += 1
            guard let own = process.slots, !member.isLost else { continue }
            let sum = slots[region] ?? FleetProcess.Slots(concurrency: 0, limit: 0)
            slots[region] = FleetProcess.Slots(
                concurrency: sum.concurrency + own.concurrency,
                limit: sum.limit + own.limit,
                active: sum.active + own.active,
                waiting: sum.waiting + own.waiting
            )
        }
        for (key, count) in counts {
            let labels = [
                (name: "role", value: key[0]), (name: "region", value: key[1]), (name: "state", value: key[2]),
            ]
            registry.gauge("sentinel_fleet_processes", "Processes by role, region and state.", labels: labels)
                .set(Double(count))
        }
        for (region, sum) in slots {
            let labels = [(name: "region", value: region)]
            registry.gauge("sentinel_fleet_active_checks", "Checks that run, in all workers.", labels: labels)
                .set(Double(sum.active))
            registry.gauge("sentinel_fleet_concurrency", "Checks that may run at once, in all workers.", labels: labels)
                .set(Double(sum.concurrency))
            let waiting = "Due checks that wait for a place, in all workers."
            registry.gauge("sentinel_fleet_waiting_checks", waiting, labels: labels).set(Double(sum.waiting))
        }
        for queue in queues { add(queue, registry) }
        return registry.prometheusText()
    }

    private static func add(_ queue: QueueState, _ registry: MetricsRegistry) {
        let labels = [(name: "topic", value: queue.topic), (name: "group", value: queue.group)]
        registry.gauge("sentinel_fleet_queue_depth", "Messages of a group that are not acknowledged.", labels: labels)
            .set(Double(queue.depth))
        registry.gauge("sentinel_fleet_queue_lag", "Messages that a group has not been given yet.", labels: labels)
            .set(Double(queue.lag))
        if queue.knowsAges {
            let age = "The age of the oldest message of a group; 0 without one. Absent where the broker cannot say."
            registry.gauge("sentinel_fleet_queue_oldest_age_seconds", age, labels: labels)
                .set(queue.oldestAge?.inSeconds ?? 0)
        }
        guard let dead = queue.deadLetters else { return }
        registry.gauge(
            "sentinel_fleet_queue_dead_letters",
            "Messages of a topic that were put aside.",
            labels: [(name: "topic", value: queue.topic)]
        ).set(Double(dead))
    }
}
