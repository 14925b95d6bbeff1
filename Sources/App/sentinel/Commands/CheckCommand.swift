import Arguments
import Base
import Domain
import Glibc
import HTTPClient
import Runtime

/// `sentinel check [KIND] TARGET`.
enum CheckCommand {
    private static let flags = CheckFlags(Kinds.all, reserved: ServerOutput.options)
    private static let words = Positional<String>(
        "[KIND] TARGET",
        .anyText("TARGET", maximum: 65_536),
        count: 1...2,
        choices: Kinds.all.names,
        help: """
            What to check: a URL (https:// is put in front when there is no scheme), or a kind of check \
            (\(Kinds.all.names.joined(separator: ", "))) and its target.
            """
    )

    static let command = Command<CommandAction>(
        "check",
        summary: "Checks a target once, now, and shows where the time went.",
        discussion: """
            Exit code 0: up, 1: down, 2: the command line is wrong.

            Secrets on a command line can be seen by other users of the machine: give --basic and --bearer as @FILE, or \
            set SENTINEL_BASIC or SENTINEL_BEARER.
            """,
        options: flags.specs + ServerOutput.options,
        positionals: [words.spec]
    ) { invocation, context in
        let (kind, target) = try flags.kind(invocation, invocation[words], in: "sentinel check")
        guard kind.isActive else {
            throw UsageError.other("a \(kind.name) check cannot be run: a monitor of this kind waits for pings")
        }
        var errors = FlagErrors()
        let members = try flags.members(invocation, kind, target: target, context, &errors)
        let read = flags.spec(kind, members, &errors)
        try errors.check(invocation)
        guard let spec = read else { throw UsageError.other("the settings do not fit") }
        for name in kind.pemFiles {
            if let path = members[name]?.stringValue { try checkPEM(path, name) }
        }
        let configuration = try configuration(context)
        let format = try ServerOutput.format(invocation)
        let show = { @Sendable (outcome: Outcome, started: Timestamp) in
            context.output(
                ServerOutput.one(result(spec, outcome, at: started), format) { _ in
                    CheckReport(spec: spec, outcome: outcome, at: started, style: context.style).text
                }
            )
        }
        // Said before any thread is started: libdispatch ends a process that runs out of descriptors.
        guard DescriptorLimit.raise() >= leastDescriptors else {
            let message = "this process may open too few files for a check: raise its limit (ulimit -n)"
            show(Outcome(failure: .init(.overloaded, in: .internal, message), latency: .zero), .now)
            return .exit(.failure)
        }
        return .task {
            let loop: EventLoop
            do throws(Errno) { loop = try EventLoop(name: "probe") } catch { throw CommandError("\(error)") }
            let runner = ProbeRunner(loop: loop, configuration: configuration)
            let started = Timestamp.now
            let outcome = await runner.run(spec)
            show(outcome, started)
            return outcome.isSuccess ? .success : .failure
        }
    }

    /// More than a check has open at once, with some for the system's own threads.
    private static let leastDescriptors = 24

    /// Resolves names and verifies certificates as `sentinel serve` does with the same environment.
    private static func configuration(_ context: CommandContext) throws -> ProbeConfiguration {
        var configuration = ProbeConfiguration()
        if let text = context.variable("SENTINEL_RESOLVER") {
            let reader = ValueReader.nameServer
            guard let resolver = reader.read(text) else {
                throw UsageError.invalidValue(name: "SENTINEL_RESOLVER", found: text, expected: reader.expected)
            }
            configuration.resolver = resolver
        }
        configuration.crlFile = context.variable("SENTINEL_CRL_FILE")
        if let text = context.variable("SENTINEL_DENY_PRIVATE") {
            guard let denies = ValueReader<Bool>.boolean.read(text) else {
                throw UsageError.other("SENTINEL_DENY_PRIVATE: '\(text)' is not true or false")
            }
            configuration.addressPolicy = AddressPolicy(denyPrivate: denies)
        }
        if let fault = TrustStore.fault(caFile: nil, crlFile: configuration.crlFile) {
            throw UsageError.other("SENTINEL_CRL_FILE: \(fault)")
        }
        return configuration
    }

    /// Throws a usage error unless the file can be read now and contains PEM.
    private static func checkPEM(_ path: String, _ setting: String) throws {
        let name = "--\(setting.split(separator: "_").joined(separator: "-")): \(path)"
        guard access(path, R_OK) == 0 else { throw UsageError.other("\(name): \(String(cString: strerror(errno)))") }
        guard let bytes = try SmallFile.read(path, limit: 16 << 20),
            bytes.firstRange(of: Array("-----BEGIN ".utf8)) != nil
        else { throw UsageError.other("\(name) holds no PEM block (-----BEGIN ...)") }
    }

    /// The result in its usual shape, and with the members of a health check's result; a check without a monitor has the
    /// monitor id 0, and its target as name.
    private static func result(_ spec: CheckSpec, _ outcome: Outcome, at started: Timestamp) -> JSONValue {
        let result = CheckResult(
            monitorID: MonitorID(rawValue: 0),
            region: .local,
            scheduledAt: started,
            checkedAt: started,
            outcome: outcome,
            kind: spec.kind
        )
        guard case .object(var object) = result.json(region: "local", url: spec.target) else { return .null }
        object["monitor_name"] = .string(spec.target)
        object["url"] = .string(spec.target)
        object["status"] = .string(status(outcome))
        object["timestamp"] = .string(started.description)
        return .object(object)
    }

    /// UP, DOWN, TIMEOUT when time ran out, or ERROR when this side is the cause.
    private static func status(_ outcome: Outcome) -> String {
        guard let failure = outcome.failure else { return "UP" }
        switch failure.reason {
        case .dnsTimeout, .connectTimeout, .tlsTimeout, .timeoutFirstByte, .timeoutTransfer, .answerTimeout:
            return "TIMEOUT"
        case .internalError, .overloaded, .policyBlocked: return "ERROR"
        default: return "DOWN"
        }
    }
}
