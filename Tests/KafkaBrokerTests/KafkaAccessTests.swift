import Base
import Broker
import CRDKafka
import TestSupport
import Testing

@testable import KafkaBroker

/// What Kafka refuses to a login.
extension KafkaTests {
    private static func login(_ bench: Bench, _ username: String, _ password: String) -> Bench {
        var bench = bench
        bench.configuration = KafkaConfiguration(bootstrapServers: bench.server.saslBootstrap)
        bench.configuration.prefix = bench.prefix
        bench.configuration.securityProtocol = .saslPlaintext
        bench.configuration.login = .init(username: username, password: password)
        return bench
    }

    @Test func loginWorksAndAWrongPasswordIsNamed() async throws {
        let bench = try await Bench()
        try await Self.login(bench, "sentinel", "secret").run { broker in
            try await broker.publish([1], to: bench.topic)
            #expect(await broker.problem() == nil)
        }
        try await Self.login(bench, "sentinel", "wrong-9472").run { broker in
            let error = await #expect(throws: BrokerError.self) { try await broker.publish([1], to: bench.topic) }
            #expect(Self.reason(error).contains("uthentication"), "\(Self.reason(error))")
            #expect(!Self.reason(error).contains("9472"))
            let problem = try #require(await broker.problem())
            #expect(problem.contains("refuses the connection") && !problem.contains("9472"), "\(problem)")
        }
    }

    @Test func missingRightsAreNamedAndWaitedFor() async throws {
        let bench = try await Bench()
        try await Self.login(bench, "limited", "secret").run { broker in
            let error = await #expect(throws: BrokerError.self) { try await broker.publish([1], to: bench.topic) }
            #expect(Self.reason(error).contains("uthorization failed"), "\(Self.reason(error))")
            let problem = try #require(await broker.problem())
            #expect(problem.contains("uthorization failed"), "\(problem)")
        }
        // It may use topics, and join no group.
        try allow(RD_KAFKA_RESOURCE_TOPIC, bench)
        try await Self.login(bench, "limited", "secret").run { broker in
            try await broker.publish([1], to: bench.topic)
            let member = try await broker.consume(bench.topic, group: "a", redelivery: .seconds(60))
            await eventually { await broker.problem()?.contains("Group authorization failed") == true }
            try allow(RD_KAFKA_RESOURCE_GROUP, bench)
            #expect(try await Self.receive(1, from: member) == [1])
            #expect(await broker.problem() == nil)
        }
    }

    /// Lets the user `limited` use topics or groups with the test's prefix.
    private func allow(_ kind: rd_kafka_ResourceType_t, _ bench: Bench) throws {
        struct Refused: Error { let reason: String }
        var text = [CChar](repeating: 0, count: 256)
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "bootstrap.servers", bench.server.bootstrap, &text, text.count)
        let handle = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count))
        let queue = rd_kafka_queue_new(handle)
        var binding = rd_kafka_AclBinding_new(
            kind,
            bench.prefix,
            RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
            "User:limited",
            "*",
            RD_KAFKA_ACL_OPERATION_ALL,
            RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
            &text,
            text.count
        )
        defer {
            rd_kafka_AclBinding_destroy(binding)
            rd_kafka_queue_destroy(queue)
            rd_kafka_destroy(handle)
        }
        rd_kafka_CreateAcls(handle, &binding, 1, nil, queue)
        let event = try #require(rd_kafka_queue_poll(queue, 60_000))
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw Refused(reason: KafkaHandle.text(of: code)) }
    }
}
