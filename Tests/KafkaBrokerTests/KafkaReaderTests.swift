import Base
import Broker
import Domain
import HTTPCheck
import Messages
import TestSupport
import Testing

@testable import KafkaBroker

extension KafkaTests {
    /// How a program that is not Sentinel reads the results.
    enum Reader: String, CaseIterable { case kcat, python }

    /// The Python with `confluent_kafka`, if this machine has one.
    private static func python() async throws -> String? {
        for path in [ProcessEnvironment.read()["SENTINEL_PYTHON"], "/usr/bin/python3"].compactMap(\.self) {
            guard let process = try? RunningProcess(path: path, arguments: ["-c", "import confluent_kafka"]) else {
                continue
            }
            if await process.wait().code == 0 { return path }
        }
        return nil
    }

    private static let script = """
        import sys, confluent_kafka as k
        c = k.Consumer({'bootstrap.servers': sys.argv[1], 'group.id': sys.argv[2], 'auto.offset.reset': 'earliest'})
        c.subscribe([sys.argv[2]])
        left = int(sys.argv[3])
        while left:
            m = c.poll(30)
            if m is None: sys.exit('nothing came')
            if m.error(): continue
            print(m.key().decode(), m.value().decode(), sep='|')
            left -= 1
        """

    @Test(arguments: Reader.allCases) func othersReadKeyAndJSONOfResults(_ reader: Reader) async throws {
        let bench = try await Bench()
        var codecs = MessageCodecs()
        codecs.add(
            MessageCodec<CheckResult>.results(
                kinds: CheckKinds([HTTPKind.self]),
                regions: .always("local")
            )
        )
        let logger = Logger(label: "test", handler: SilentLogHandler())
        let broker = try KafkaBroker(
            configuration: bench.configuration,
            codecs: codecs,
            metrics: bench.metrics,
            logger: logger
        )
        let due = Timestamp(milliseconds: 1_764_288_000_000)
        let results = (1...20).map { number in
            var outcome = Outcome(latency: .milliseconds(42))
            outcome.statusCode = 200
            return CheckResult(
                monitorID: MonitorID(rawValue: Int64(number)),
                region: .local,
                scheduledAt: due,
                checkedAt: due + .milliseconds(2),
                outcome: outcome,
                url: "https://shop.example/",
                kind: HTTPKind.self
            )
        }
        try await broker.publish(results, to: Topics.results)
        await broker.close()
        let topic = bench.prefix + "monitoring-results"
        let text: String
        switch reader {
        case .kcat:
            text = try await bench.server.kcat(["-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%k|%s\n"])
        case .python:
            guard let python = try await Self.python() else { return }
            let arguments = ["-c", Self.script, bench.server.bootstrap, topic, "20"]
            let output = await (try RunningProcess(path: python, arguments: arguments)).wait()
            #expect(output.code == 0, "\(output.standardError)")
            text = output.standardOutput
        }
        var seen: Set<Int64> = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "|", maxSplits: 1)
            guard parts.count == 2, let key = Int64(parts[0]) else { return _ = Issue.record("\(line)") }
            let json = try JSONValue(parsing: Array(parts[1].utf8))
            #expect(json["monitor_id"]?.integerValue == key)
            #expect(json["url"] == "https://shop.example/")
            #expect(json["is_up"] == true)
            #expect(json["status_code"] == 200)
            #expect(json["timestamp"] == "2025-11-28T00:00:00.002000")
            seen.insert(key)
        }
        #expect(seen == Set(1...20))
    }
}
