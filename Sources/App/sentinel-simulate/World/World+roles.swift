import Alerting
import Base
import Broker
import Domain
import Lease
import Messages
import Pipeline
import Processing
import Results
import Runtime
import SQL
import SQLiteResults
import Scheduling
import Storage
import Worker

/// The processes, of the same parts as those of the program.
extension World {
    /// Times that are longer than those of the program: fewer steps in an hour.
    private static let lookahead: Duration = .seconds(8)
    private static let tick: Duration = .seconds(2)
    private static let leaseDuration: Duration = .seconds(12)

    func makeProcess(_ role: SimulatedRole) -> SimulatedProcess {
        started += 1
        let node = Node(name: "\(role.rawValue)-\(started)", role: role)
        let given = Connections(
            node: node,
            broker: plant.broker(FaultyBroker(inner: broker, node: node, chance: chance, journal: journal), node),
            database: plant.database(FaultyDatabase(inner: database, node: node, chance: chance), node),
            calm: FaultyDatabase(inner: database, node: node, chance: chance, hasFuse: false),
            metrics: PipelineMetrics(MetricsRegistry())
        )
        switch role {
        case .scheduler: return scheduler(given)
        case .worker: return worker(given)
        case .processor: return processor(given)
        case .alerter: return alerter(given)
        }
    }

    /// What the parts of a process share.
    struct Connections {
        let node: Node
        let broker: any Broker
        let database: any Database
        /// The connection of what writes all the time: nothing happens to the process there.
        let calm: FaultyDatabase
        let metrics: PipelineMetrics

        func lease(_ name: String) -> (lease: any LeaderLease, service: SimulatedLeaseService) {
            let keeper = LeaseKeeper(
                name,
                holder: node.name,
                store: LeaseRepository(database: calm),
                duration: World.leaseDuration,
                clock: node.clock,
                logger: World.logger
            )
            let service = SimulatedLeaseService(name: "lease of the \(name)") {
                await keeper.step()
            } keep: {
                await keeper.run()
            }
            return (keeper, service)
        }
    }

    private func scheduler(_ given: Connections) -> SimulatedProcess {
        let node = given.node
        let (lease, keeping) = given.lease("scheduler")
        let scheduler = Scheduler(
            broker: given.broker,
            monitors: monitors(on: given.database),
            metrics: given.metrics,
            health: Health(),
            logger: Self.logger,
            clock: node.clock,
            now: { node.now },
            lookahead: Self.lookahead,
            tick: Self.tick,
            lease: plant.lease(lease)
        )
        return SimulatedProcess(node, given.metrics, [keeping, scheduler])
    }

    private func worker(_ given: Connections) -> SimulatedProcess {
        let (node, script) = (given.node, script)
        let loop = SteppedLoop(node)
        let worker = Worker(
            loop: loop.loop,
            broker: given.broker,
            tasks: MemoryTaskStore(),
            configuration: WorkerConfiguration(),
            metrics: given.metrics,
            now: { node.now },
            makeProber: { _, loop in SimulatedProber(loop: loop, script: script) }
        )
        return SimulatedProcess(node, given.metrics, [worker], loop: loop)
    }

    private func processor(_ given: Connections) -> SimulatedProcess {
        let processor = Processor(
            broker: given.broker,
            repository: plant.results(SQLiteResults(database: given.database)),
            tasks: MemoryTaskStore(),
            reporter: StoreReporter(health: Health(), metrics: given.metrics, logger: Self.logger),
            metrics: given.metrics,
            clock: given.node.clock
        )
        return SimulatedProcess(given.node, given.metrics, [processor])
    }

    private func alerter(_ given: Connections) -> SimulatedProcess {
        let (node, receiver, plant) = (given.node, receiver, plant)
        let (lease, keeping) = given.lease("notifier")
        let registry = MetricsRegistry()
        let channels = channels(on: given.database)
        let incidents = IncidentRepository(database: given.database)
        let planner = NotificationPlanner(
            channels: channels,
            links: IncidentLinks(base: nil, installation: "simulated")
        )
        let open = OpenIncidents(incidents: incidents, planner: planner, logger: Self.logger)
        let sender = NotificationSender(
            channels: channels,
            outbox: OutboxRepository(database: given.calm),
            notifications: NotificationRepository(database: given.calm),
            installation: "simulated",
            metrics: NotificationMetrics(registry),
            logger: Self.logger,
            clock: node.clock,
            now: { node.now },
            lease: lease,
            grace: .seconds(10),
            planMissing: { () async throws(StorageError) in try await open.planMissing(at: node.now) },
            isDigesting: { _ in false },
            deliver: { message, _ in await receiver.deliver(plant.message(message), from: node) }
        )
        let signals = SenderSignals(given.broker)
        let alerter = Alerter(
            broker: given.broker,
            statuses: StatusRepository(database: given.database),
            writer: OutageWriter(
                incidents: incidents,
                results: SQLiteResults(database: given.database),
                planner: planner,
                regions: .always("simulated")
            ),
            metrics: AlertingMetrics(registry),
            logger: Self.logger,
            clock: node.clock,
            now: { node.now },
            processorPatience: .seconds(10),
            monitors: monitors(on: given.database),
            wake: { _ in signals.send(.wake) }
        )
        let listening = SenderSignalService(sender, given.broker, clock: node.clock, patience: .seconds(30))
        return SimulatedProcess(node, given.metrics, [keeping, sender, listening, alerter])
    }
}
