import Base
import KafkaBroker
import Testing

@Suite struct KafkaConfigurationTests {
    @Test func settingsAreRead() throws {
        let configuration = try KafkaConfiguration(environment: [
            "KAFKA_BOOTSTRAP_SERVERS": "kafka-1:9092,[::1]:9093", "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "KAFKA_SASL_USERNAME": "a", "KAFKA_SASL_PASSWORD": "b",
            "KAFKA_CA_FILE": "/etc/hostname",
        ])
        #expect(configuration.bootstrapServers == "kafka-1:9092,[::1]:9093")
        #expect(configuration.securityProtocol == .saslSSL)
        #expect(configuration.login?.mechanism == "SCRAM-SHA-512")
        #expect(configuration.certificateFile == "/etc/hostname")
    }

    @Test func theOldNameOfTheAddressIsRead() throws {
        #expect(try KafkaConfiguration(environment: ["KAFKA_BROKER": "kafka:9092"]).bootstrapServers == "kafka:9092")
    }

    struct Case: CustomTestStringConvertible {
        let environment: [String: String]
        let words: String
        var testDescription: String { words }
        init(_ words: String, _ more: [String: String]) {
            environment = ["KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"].merging(more) { $1 }
            self.words = words
        }
    }

    @Test(arguments: [
        Case("KAFKA_BOOTSTRAP_SERVERS is not set", ["KAFKA_BOOTSTRAP_SERVERS": ""]),
        Case("'kafka' is not HOST:PORT", ["KAFKA_BOOTSTRAP_SERVERS": "kafka"]),
        Case("is not HOST:PORT", ["KAFKA_BOOTSTRAP_SERVERS": "a:1, b:2"]),
        Case("is not HOST:PORT", ["KAFKA_BOOTSTRAP_SERVERS": "a:0"]),
        Case("'TLS' is not one of PLAINTEXT", ["KAFKA_SECURITY_PROTOCOL": "TLS"]),
        Case("is not one of PLAIN", ["KAFKA_SASL_MECHANISM": "GSSAPI"]),
        Case("go together", ["KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "a"]),
        Case("needs KAFKA_SASL_USERNAME", ["KAFKA_SECURITY_PROTOCOL": "SASL_SSL"]),
        Case("choose SASL_SSL", ["KAFKA_SASL_USERNAME": "a", "KAFKA_SASL_PASSWORD": "s3cret"]),
        Case("without TLS", ["KAFKA_CA_FILE": "/ca.pem"]),
        Case(
            "'/nope/ca.pem' is not a file that can be read (No such file or directory)",
            ["KAFKA_CA_FILE": "/nope/ca.pem", "KAFKA_SECURITY_PROTOCOL": "SSL"]
        ),
        Case("(Is a directory)", ["KAFKA_CA_FILE": "/tmp", "KAFKA_SECURITY_PROTOCOL": "SSL"]),
    ])
    func faultsAreNamed(_ fault: Case) {
        let error = #expect(throws: ConfigurationError.self) {
            try KafkaConfiguration(environment: fault.environment)
        }
        #expect(error?.description.contains(fault.words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("s3cret") == false)
    }
}
