package import Base
import Glibc

/// How a Kafka cluster is reached.
package struct KafkaConfiguration: Sendable {
    /// How the connection is protected; the names are Kafka's own.
    package enum SecurityProtocol: String, Sendable, CaseIterable {
        case plaintext = "PLAINTEXT"
        case ssl = "SSL"
        case saslPlaintext = "SASL_PLAINTEXT"
        case saslSSL = "SASL_SSL"

        var usesSASL: Bool { self == .saslPlaintext || self == .saslSSL }
        var usesTLS: Bool { self == .ssl || self == .saslSSL }
    }

    /// How a client shows who it is.
    package struct Login: Sendable {
        package let mechanism: String
        package let username: String
        package let password: String

        package init(mechanism: String = "PLAIN", username: String, password: String) {
            (self.mechanism, self.username, self.password) = (mechanism, username, password)
        }
    }

    /// `host:port`, separated by commas.
    package let bootstrapServers: String
    package var securityProtocol = SecurityProtocol.plaintext
    package var login: Login?
    /// The file of the certificates to trust; the system's when it is nil.
    package var certificateFile: String?
    /// After this time without a heartbeat a consumer counts as dead; Kafka's brokers accept 6 s and more.
    package var sessionTimeout: Duration = .seconds(6)
    /// Between two heartbeats: a member learns with the next one that others came or went.
    package var heartbeat: Duration = .seconds(1)
    /// Whether time passes for deliveries that are not acknowledged; a test may move it by hand.
    package var keepsTime = true
    /// How long a message may wait to be taken by the brokers before publishing it fails.
    package var deliveryTimeout: Duration = .seconds(20)
    /// How long Kafka may take to answer about a topic.
    package var patience: Duration = .seconds(10)
    /// How much of that Kafka may take to say that it has made a topic, which may be there all the same.
    package var creationLimit: Duration = .seconds(5)
    /// The bytes of the largest message that is sent; a topic may have a lower limit of its own.
    package var messageLimit = 1_000_000
    /// Goes before the names of topics and groups, so that several installations can share a cluster.
    package var prefix = ""

    package init(bootstrapServers: String) { self.bootstrapServers = bootstrapServers }

    private static let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

    /// The environment variables that `init(environment:)` reads.
    package static let variables = [
        "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKER", "KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_MECHANISM",
        "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD", "KAFKA_CA_FILE",
    ]

    /// Reads `KAFKA_BOOTSTRAP_SERVERS` (or `KAFKA_BROKER`) and what belongs to it; an empty variable counts as unset.
    ///
    /// Blocks on the file of certificates. Throws `ConfigurationError` with every value that cannot be used, and with
    /// those that do not fit together.
    package init(environment: [String: String]) throws(ConfigurationError) {
        var problems: [ConfigurationError.Problem] = []
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func refuse(_ name: String, _ expected: String, secret: Bool = false) {
            let found = secret ? nil : value(name)
            problems.append(
                .invalid(name: name, origin: .environment(variable: name), found: found, expected: expected)
            )
        }
        let name = value("KAFKA_BOOTSTRAP_SERVERS") == nil ? "KAFKA_BROKER" : "KAFKA_BOOTSTRAP_SERVERS"
        bootstrapServers = value(name) ?? ""
        if bootstrapServers.isEmpty {
            problems.append(.refused("KAFKA_BOOTSTRAP_SERVERS is not set: HOST:PORT, several separated by commas"))
        } else if !Self.areServers(bootstrapServers) {
            refuse(name, "HOST:PORT, several separated by commas, without blanks")
        }
        if let text = value("KAFKA_SECURITY_PROTOCOL") {
            if let known = SecurityProtocol(rawValue: text.uppercased()) {
                securityProtocol = known
            } else {
                refuse(
                    "KAFKA_SECURITY_PROTOCOL",
                    "one of " + SecurityProtocol.allCases.map(\.rawValue).joined(separator: ", ")
                )
            }
        }
        let mechanism = value("KAFKA_SASL_MECHANISM")?.uppercased() ?? "PLAIN"
        if !Self.mechanisms.contains(mechanism) {
            refuse("KAFKA_SASL_MECHANISM", "one of " + Self.mechanisms.joined(separator: ", "))
        }
        switch (value("KAFKA_SASL_USERNAME"), value("KAFKA_SASL_PASSWORD")) {
        case (let user?, let password?): login = Login(mechanism: mechanism, username: user, password: password)
        case (nil, nil): break
        default: problems.append(.refused("KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD go together: one is missing"))
        }
        if problems.isEmpty, securityProtocol.usesSASL != (login != nil) {
            problems.append(
                .refused(
                    login == nil
                        ? "KAFKA_SECURITY_PROTOCOL \(securityProtocol.rawValue) needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"
                        : "KAFKA_SASL_USERNAME is set, but KAFKA_SECURITY_PROTOCOL is \(securityProtocol.rawValue): "
                            + "choose SASL_SSL or SASL_PLAINTEXT"
                )
            )
        }
        certificateFile = value("KAFKA_CA_FILE")
        if certificateFile != nil, !securityProtocol.usesTLS {
            problems.append(
                .refused(
                    "KAFKA_CA_FILE is set, but KAFKA_SECURITY_PROTOCOL is \(securityProtocol.rawValue), without TLS"
                )
            )
        } else if let certificateFile, let fault = Self.fault(ofFile: certificateFile) {
            refuse("KAFKA_CA_FILE", "a file that can be read (\(fault))")
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    /// Why a file cannot be read; nil when it can.
    private static func fault(ofFile path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        let count = read(descriptor, &byte, 1)
        if count < 0 { return String(cString: strerror(errno)) }
        return count == 0 ? "it is empty" : nil
    }

    private static func areServers(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { server in
            guard let colon = server.lastIndex(of: ":") else { return false }
            let host = server[..<colon]
            guard let port = UInt16(server[server.index(after: colon)...]), port > 0 else { return false }
            if host.hasPrefix("[") { return host.hasSuffix("]") && host.count > 4 }
            return !host.isEmpty
                && host.utf8.allSatisfy { byte in
                    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                        || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                }
        }
    }

    /// librdkafka's settings of every client; secrets are among them.
    var common: [(name: String, value: String)] {
        var all = [
            ("bootstrap.servers", bootstrapServers), ("client.id", "sentinel"), ("log.queue", "true"),
            ("log.connection.close", "false"), ("security.protocol", securityProtocol.rawValue.lowercased()),
            ("socket.keepalive.enable", "true"), ("reconnect.backoff.ms", "100"), ("reconnect.backoff.max.ms", "2000"),
            ("socket.timeout.ms", "\(patience.wholeMilliseconds)"), ("message.max.bytes", "\(messageLimit)"),
        ]
        if let login {
            all += [
                ("sasl.mechanism", login.mechanism), ("sasl.username", login.username),
                ("sasl.password", login.password),
            ]
        }
        if let certificateFile { all.append(("ssl.ca.location", certificateFile)) }
        return all
    }

    /// Settings of the producer.
    var producing: [(name: String, value: String)] {
        common + [
            ("enable.idempotence", "true"), ("acks", "all"), ("compression.codec", "lz4"),
            // librdkafka sends one request for each partition: without this wait most requests have one message.
            ("linger.ms", "20"),
            ("message.timeout.ms", "\(deliveryTimeout.wholeMilliseconds)"),
            // Kafka would make what is missing with a number of partitions of its own.
            ("allow.auto.create.topics", "false"),
            // The producer itself allows less: nothing is refused here.
            ("queue.buffering.max.messages", "2000000"), ("queue.buffering.max.kbytes", "1048576"),
        ]
    }

    /// Settings of a consumer.
    func consuming(group: String) -> [(name: String, value: String)] {
        let fetch = max(1_048_576, messageLimit)
        return common + [
            ("group.id", group), ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"), ("partition.assignment.strategy", "cooperative-sticky"),
            ("session.timeout.ms", "\(sessionTimeout.wholeMilliseconds)"),
            ("heartbeat.interval.ms", "\(max(100, min(heartbeat, sessionTimeout / 4).wholeMilliseconds))"),
            // A member that does not release its partitions within this time is removed from the group.
            ("max.poll.interval.ms", "300000"), ("queued.max.messages.kbytes", "16384"),
            ("queued.min.messages", "10000"), ("fetch.error.backoff.ms", "100"),
            // Kafka answers at once only with much: an answer for each message costs several times as much.
            ("fetch.wait.max.ms", "40"), ("fetch.min.bytes", "65536"),
            ("fetch.message.max.bytes", "\(fetch)"), ("allow.auto.create.topics", "false"),
            // A topic that was made anew is noticed so soon.
            ("topic.metadata.refresh.interval.ms", "5000"),
        ]
    }

    /// A text without the password, should it be in there.
    func withoutSecrets(_ text: String) -> String {
        guard let password = login?.password, !password.isEmpty, text.contains(password) else { return text }
        return text.split(separator: password, omittingEmptySubsequences: false).joined(separator: "********")
    }
}
