import Base
import Checks
package import Sockets

/// The settings of a TCP check and its expectations.
///
/// Three words in size: rarely changed settings are behind a reference.
package struct TCPSettings: CheckSettings {
    package typealias Kind = TCPKind

    /// A name or an address.
    package var host = ""
    private var storage = Storage.standard

    package init() {}

    package var options: Options {
        get { storage.options }
        set { storage = newValue == Options() ? .standard : Storage(newValue) }
    }

    /// The steps of the exchange; without any, those of `send` and `expect`.
    var plan: [TCPStep] { storage.plan }

    package struct Options: Sendable, Equatable {
        /// 0 means unset.
        package var port = 0
        package var timeout = Duration.seconds(10)
        package var family = StreamFamily.any
        /// `ADDRESS:PORT` of the name server; nil uses the system's.
        package var resolver: String?
        /// The address to connect to without resolving.
        package var address: String?
        package var usesTLS = false
        package var startTLS = StartTLS.none
        package var verifiesTLS = true
        /// nil uses the host.
        package var serverName: String?
        package var caFile: String?
        package var clientCertificate: String?
        package var clientKey: String?
        package var send: String?
        package var expect: String?
        package var expectPattern: String?
        package var steps: [TCPStep] = []

        package init() {}

        /// Whether the connection uses TLS, from the start or by STARTTLS.
        package var speaksTLS: Bool { usesTLS || startTLS != .none }
    }

    private final class Storage: Sendable {
        static let standard = Storage(Options())
        let options: Options
        let plan: [TCPStep]

        init(_ options: Options) {
            self.options = options
            plan = options.steps.isEmpty ? TCPSettings.simpleSteps(options) : options.steps
        }
    }

    package static func == (left: TCPSettings, right: TCPSettings) -> Bool {
        left.host == right.host && (left.storage === right.storage || left.options == right.options)
    }

    private static func simpleSteps(_ options: Options) -> [TCPStep] {
        var step = TCPStep()
        if let text = options.send { step.send = (try? TCPBytes(text)).map { .text($0) } }
        if let pattern = options.expectPattern {
            step.expect = .pattern(pattern)
        } else if let text = options.expect {
            step.expect = (try? TCPBytes(text)).map { .text($0) }
        }
        return step.send == nil && step.expect == nil ? [] : [step]
    }
}
