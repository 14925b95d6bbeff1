import Base
import Broker
import CRDKafka
import Dispatch

/// A client of librdkafka, with its threads and connections; destroyed on a queue of its own, which may block.
///
/// Invariant: librdkafka's functions may be called from any thread, and the handle lives as long as this object.
final class KafkaHandle: @unchecked Sendable {
    let pointer: OpaquePointer  // rd_kafka_t *
    private let configuration: KafkaConfiguration
    private let logger: Logger
    /// The last error of a connection, and whether it was about credentials.
    private let trouble = Locked<(text: String, isLogin: Bool, time: MonotonicTime)?>(nil)
    private let topics = Locked<[String: Topic]>([:])
    private let isClosed = Locked(false)

    private struct Topic: @unchecked Sendable {  // Invariant: librdkafka's topics may be used from any thread.
        let pointer: OpaquePointer
    }
    private struct Ending: @unchecked Sendable {  // Invariant: used once, by the closure that ends the handle.
        let pointer: OpaquePointer
        let topics: [OpaquePointer]

        func end(leaving: Bool, destroying: Bool = true) {
            if leaving { rd_kafka_consumer_close(pointer) }
            guard destroying else { return }
            for topic in topics { rd_kafka_topic_destroy(topic) }
            rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        }
    }

    private static let undertaker = DispatchQueue(label: "sentinel.kafka.ending", attributes: .concurrent)

    /// Throws `.unavailable` with librdkafka's words for a setting that it refuses.
    init(
        _ kind: rd_kafka_type_t,
        _ settings: [(name: String, value: String)],
        _ configuration: KafkaConfiguration,
        _ logger: Logger
    ) throws(BrokerError) {
        (self.configuration, self.logger) = (configuration, logger)
        guard let conf = rd_kafka_conf_new() else { throw .unavailable(reason: "no memory for a client of Kafka") }
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in settings {
            guard rd_kafka_conf_set(conf, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(conf)
                let reason = configuration.withoutSecrets(Self.string(text))
                throw .unavailable(reason: "Kafka's client does not take \(name): \(reason)")
            }
        }
        let events =
            RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_REBALANCE
            | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_FETCH
        rd_kafka_conf_set_events(conf, events)
        guard let pointer = rd_kafka_new(kind, conf, &text, text.count) else {
            rd_kafka_conf_destroy(conf)
            let reason = configuration.withoutSecrets(Self.string(text))
            let file = reason.contains("ssl.ca.location") ? configuration.certificateFile : nil
            throw .unavailable(
                reason: "Kafka's client cannot start: \(reason)" + (file.map { " (KAFKA_CA_FILE \($0))" } ?? "")
            )
        }
        self.pointer = pointer
        if kind == RD_KAFKA_CONSUMER { rd_kafka_poll_set_consumer(pointer) }
    }

    deinit {
        guard !isClosed.withLock({ $0 }) else { return }
        let ending = Ending(pointer: pointer, topics: topics.withLock { $0.values.map(\.pointer) })
        Self.undertaker.async { ending.end(leaving: false) }
    }

    /// Ends the client without blocking a thread of the cooperative pool; `leaving` says goodbye to the group first.
    ///
    /// Call once, when no queue of the handle is used any more. A consumer that has joined a group and was not assigned
    /// yet is not destroyed: librdkafka 2.0 aborts the process then (`rd_kafka_sticky_assignor_state_destroy`).
    func close(leaving: Bool, destroying: Bool = true) async {
        let ending = isClosed.withLock { isClosed -> Ending? in
            guard !isClosed else { return nil }
            isClosed = true
            return Ending(pointer: pointer, topics: topics.withLock { $0.values.map(\.pointer) })
        }
        guard let ending else { return }
        await withCheckedContinuation { ended in
            Self.undertaker.async {
                ending.end(leaving: leaving, destroying: destroying)
                ended.resume()
            }
        }
    }

    /// The topic of a name, made once.
    func topic(_ name: String) -> OpaquePointer? {
        topics.withLock { topics -> Topic? in
            if let known = topics[name] { return known }
            guard let made = rd_kafka_topic_new(pointer, name, nil) else { return nil }
            topics[name] = Topic(pointer: made)
            return Topic(pointer: made)
        }?.pointer
    }

    // MARK: Errors

    /// Keeps the text of an error event; logs a log event.
    func note(_ noted: KafkaEvent) {
        // Invariant: a parameter lives until the function returns.
        let event = noted.pointer
        switch noted.type {
        case RD_KAFKA_EVENT_ERROR:
            let code = rd_kafka_event_error(event)
            // "All brokers are down" says less than the reason before it.
            guard code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN else { return }
            let text = configuration.withoutSecrets(Self.string(rd_kafka_event_error_string(event)))
            let isLogin =
                code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED
                || code == RD_KAFKA_RESP_ERR__SSL
            trouble.withLock { $0 = (text, isLogin, .now) }
        case RD_KAFKA_EVENT_LOG:
            var (facility, text): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil)
            var level: Int32 = 6
            guard rd_kafka_event_log(event, &facility, &text, &level) == 0 else { return }
            let words = configuration.withoutSecrets(Self.string(text))
            let severity: LogLevel = level <= 2 ? .error : level <= 4 ? .warning : .debug
            logger.log(severity, "Kafka: \(words)", ["facility": Self.string(facility)])
        default: break
        }
    }

    /// The newest error of a connection since a time; nil when there was none.
    func trouble(since time: MonotonicTime) -> (text: String, isLogin: Bool)? {
        trouble.withLock { trouble in
            guard let trouble, trouble.time >= time else { return nil }
            return (trouble.text, trouble.isLogin)
        }
    }

    /// An error with the reason why Kafka is not reached, if one is known.
    func unavailable(_ text: String, since: MonotonicTime) -> BrokerError {
        .unavailable(
            reason: "Kafka at \(configuration.bootstrapServers): \(text)"
                + (trouble(since: since).map { " (\($0.text))" } ?? "")
        )
    }

    static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    static func string(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }
    static func text(of code: rd_kafka_resp_err_t) -> String { string(rd_kafka_err2str(code)) }
}
