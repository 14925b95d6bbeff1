import Base
import Foundation

/// The roles of Sentinel as processes over one database and one broker.
final class ClusterRoles {
    enum Role: String, CaseIterable {
        case api, scheduler, worker, processor, alerter
    }

    /// One running process.
    struct Member {
        let role: Role
        let number: Int
        let port: Int
        let process: ChildProcess
    }

    private let options: Options
    private let folder: WorkFolder
    private let environment: [String: String]
    private(set) var members: [Member] = []

    /// Starts that many processes of each role, one unless said otherwise, and waits until each is ready.
    init(
        _ options: Options,
        in folder: WorkFolder,
        _ engines: ClusterEngines,
        kafka: String = "",
        counts: [Role: Int] = [:],
        environment: [String: String] = [:]
    ) throws {
        self.options = options
        self.folder = folder
        var environment = environment
        environment["API_HOST"] = "127.0.0.1"
        environment["DATABASE_URL"] = engines.databaseURL
        environment["REDIS_URL"] = engines.redisURL
        environment["SECRET_KEY"] = "a key that only this benchmark has, of no worth"
        environment["LOG_LEVEL"] = environment["LOG_LEVEL"] ?? "warning"
        if !kafka.isEmpty { environment["KAFKA_BOOTSTRAP_SERVERS"] = kafka }
        self.environment = environment
        for role in Role.allCases {
            for number in 0..<(counts[role] ?? 1) { members.append(try spawn(role, number)) }
        }
        for member in members { try waitUntilReady(member) }
    }

    /// The address of a process of that role that runs.
    func api() throws -> APIClient {
        guard let member = members.first(where: { $0.role == .api }) else { throw BenchError("no API process") }
        return APIClient(port: member.port, try HTTPConnection(port: member.port))
    }

    private func spawn(_ role: Role, _ number: Int) throws -> Member {
        let port = try freePort()
        let process = try ChildProcess(
            [options.sentinel, role.rawValue],
            environment: environment.merging(["API_PORT": "\(port)"]) { $1 },
            output: log(role, number)
        )
        return Member(role: role, number: number, port: port, process: process)
    }

    private func log(_ role: Role, _ number: Int) -> String { folder.file("\(role.rawValue)-\(number).log") }

    /// Waits until a process says that it is ready.
    func waitUntilReady(_ member: Member) throws {
        do {
            try waitUntil("\(member.role.rawValue) is ready", within: .seconds(60), every: 0.02) {
                guard let connection = try? HTTPConnection(port: member.port) else { return false }
                return (try? connection.request("GET", "/api/v1/health/readiness"))?.status == 200
            }
        } catch {
            throw explained(error, member)
        }
    }

    /// An error with the end of the log of the process that it is about.
    private func explained(_ error: any Error, _ member: Member) -> BenchError {
        let text = (try? String(contentsOfFile: log(member.role, member.number), encoding: .utf8)) ?? ""
        return BenchError("\(member.role.rawValue) \(member.number): \(error); its log: \(text.suffix(2000))")
    }

    /// Ends a process at once, as `kill -9` does.
    func kill(_ member: Member) {
        member.process.kill()
        members.removeAll { $0.process === member.process }
    }

    /// Starts a process in the place of one that was killed; does not wait for it.
    @discardableResult
    func restart(_ member: Member) throws -> Member {
        let new = try spawn(member.role, member.number)
        members.append(new)
        return new
    }

    /// The metrics of a process; nil while it does not answer.
    func metrics(_ member: Member) -> Exposition? {
        guard let response = try? HTTPConnection(port: member.port).request("GET", "/metrics"), response.status == 200
        else { return nil }
        return Exposition(String(decoding: response.body, as: UTF8.self))
    }

    /// The processes of a role.
    func all(_ role: Role) -> [Member] { members.filter { $0.role == role } }

    /// User and system seconds of the processes of a role so far.
    func cpuSeconds(_ role: Role) throws -> Double {
        try all(role).reduce(0) { $0 + (try ProcessSample(of: $1.process.pid).cpuSeconds) }
    }

    /// The number of stored checks, by the processes that run.
    func storedChecks() throws -> Double {
        try all(.processor).reduce(0) { sum, member in
            guard let metrics = metrics(member) else { throw BenchError("a processor does not answer") }
            return sum + metrics.sum("sentinel_checks_total")
        }
    }

    /// Asks all to end, the producers first.
    func stop() throws {
        for role in [Role.scheduler, .worker, .processor, .alerter, .api] {
            for member in all(role) {
                do { try member.process.stop(within: .seconds(40)) } catch { throw explained(error, member) }
            }
        }
        members = []
    }
}
