import Base
import Fleet
import Glibc
import Pipeline
import Runtime
import Worker

/// The entries of this process in the fleet, one for each of its roles.
enum FleetEntries {
    static func services(_ given: RoleDependencies, workers: WorkerPool?) -> [any Service] {
        let startedAt = Timestamp.now
        return Role.allCases.filter(given.roles.contains).map { role in
            FleetAgent(
                role.rawValue,
                store: given.shared.fleet,
                logger: given.logger.labelled("fleet"),
                report: { await report(role, given, role == .worker ? workers : nil, startedAt) },
                perform: { command in await perform(command, given, role == .worker ? workers : nil) }
            )
        }
    }

    private static func report(
        _ role: Role,
        _ given: RoleDependencies,
        _ workers: WorkerPool?,
        _ startedAt: Timestamp
    ) async -> FleetProcess {
        var process = FleetProcess(
            id: given.fleetID(role),
            role: role.rawValue,
            host: hostName,
            pid: Int(getpid()),
            version: version,
            region: given.settings.region,
            startedAt: startedAt
        )
        // One role of a process that has all of them cannot end alone.
        process.accepts = (workers == nil ? [] : [.pause, .resume, .resize]) + (given.isShared ? [.drain] : [])
        process.load = loadAverage
        process.state = given.health.isReady ? .running : .starting
        if let workers {
            let load = await workers.load
            process.slots = FleetProcess.Slots(
                concurrency: await workers.concurrency,
                limit: WorkerRole.limit(given),
                active: load.active,
                waiting: load.waiting
            )
            process.work = FleetProcess.Work(processed: load.made, failed: load.failed)
            switch await workers.phase {
            case .pausing: process.state = .pausing
            case .paused: process.state = .paused
            case .starting, .running: break
            }
        } else if role == .processor {
            let (up, down) = (Int(given.metrics.checksUp.value), Int(given.metrics.checksDown.value))
            process.work = FleetProcess.Work(processed: up + down, failed: down)
        }
        if given.shutdown.isTriggered { process.state = .draining }
        return process
    }

    /// Begins to carry out a command; returns why it does not.
    private static func perform(
        _ command: FleetCommand,
        _ given: RoleDependencies,
        _ workers: WorkerPool?
    ) async -> String? {
        switch command.action {
        case .drain:
            guard given.isShared else { return "the process runs every role" }
            given.shutdown.trigger()
            return nil
        case .pause, .resume, .resize:
            guard let workers else { return "the process makes no checks" }
            if given.shutdown.isTriggered { return "the process is ending" }
            return await perform(command, workers, limit: WorkerRole.limit(given))
        }
    }

    private static func perform(_ command: FleetCommand, _ workers: WorkerPool, limit: Int) async -> String? {
        switch command.action {
        case .pause: await workers.pause()
        case .resume: await workers.resume()
        case .drain: break
        case .resize:
            guard let number = command.concurrency, (1...limit).contains(number) else {
                return "it can run 1 to \(limit) checks at once"
            }
            await workers.resize(number)
        }
        return nil
    }

    private static var loadAverage: Double {
        var load = 0.0
        return getloadavg(&load, 1) == 1 ? load : 0
    }

    private static let hostName: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.isEmpty ? "unknown" : text
    }()
}
