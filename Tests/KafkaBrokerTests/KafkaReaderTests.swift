import Base
import Broker
import Domain
import Glibc
import HTTPCheck
import Messages
import TestSupport
import Testing

@testable import KafkaBroker

extension KafkaTests {
    /// How a program that is not Sentinel reads the results.
    enum Reader: String {
        case kcat
        /// The package kafka-python: a client that shares no code with librdkafka.
        case python

        static let present: [Reader] = {
            if access(wheel, R_OK) == 0 { return [.kcat, .python] }
            print("kafka-python is not at hand: only kcat reads the results. See docs/kafka.md.")
            return [.kcat]
        }()

        /// Where `scripts/setup test` puts it.
        static let wheel: String = {
            let environment = ProcessEnvironment.read()
            let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
            return cache + "/sentinel/kafka_python-2.2.15-py2.py3-none-any.whl"
        }()

        static let script = """
            import sys
            from kafka import KafkaConsumer
            server, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
            consumer = KafkaConsumer(topic, bootstrap_servers=server, group_id=topic, auto_offset_reset='earliest',
                                     consumer_timeout_ms=60000)
            for _ in range(count):
                message = next(consumer)
                print(message.key.decode(), message.value.decode(), sep='|')
            """
    }

    @Test(arguments: Reader.present) func othersReadKeyAndJSONOfResults(_ reader: Reader) async throws {
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
            let process = try RunningProcess(
                path: "/usr/bin/python3",
                arguments: ["-c", Reader.script, bench.server.bootstrap, topic, "20"],
                environment: ["PYTHONPATH": Reader.wheel]
            )
            let output = await process.wait(timeout: .seconds(120))
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
