import Base
import Foundation

extension Subject {
    /// The memory and CPU of subscribers to live events that receive only heartbeats.
    func measureLive(_ options: Options, _ report: inout Report) throws {
        for kind in LiveClients.Kind.allCases {
            let folder = try WorkFolder()
            let limit = LiveClients.raiseDescriptorLimit()
            let server = try SentinelServer(options, in: folder)
            Thread.sleep(forTimeInterval: 2)
            let before = try server.sample().process
            // A quarter of the server's descriptors are for connections; some of these are left for the samples.
            let wanted = min(options.readers, limit / 4 - 20, 9980)
            if wanted < options.readers { say("  of \(options.readers) readers \(wanted) can be opened here") }
            let clients = try LiveClients(wanted, kind, port: server.port)
            Thread.sleep(forTimeInterval: 2)
            let first = try server.sample().process
            Thread.sleep(forTimeInterval: TimeInterval(max(20, options.seconds)))
            let second = try server.sample().process
            let open = clients.stillOpen()
            guard open == wanted else { throw BenchError("of \(wanted) readers only \(open) are still open") }
            let name = "\(wanted) idle \(kind.rawValue) readers"
            let growth = Double(second.residentBytes - before.residentBytes)
            let cpu = (second.cpuSeconds - first.cpuSeconds) / ((second.time - first.time) / .seconds(1)) * 100
            report.add("\(name): resident memory", growth / 1e6, "MB")
            report.add("\(name): for 10,000", growth / 1e6 * 10_000 / Double(wanted), "MB", .atMost(must: 60, aim: 60))
            report.add("\(name): CPU of one core", cpu, "%", .atMost(must: 2, aim: 1))
            clients.close()
            try server.stop()
        }
    }
}
