package import Base
package import Checks
package import Runtime

/// A prober of any kind on its own loop, for async callers.
package actor KindBench {
    package nonisolated let loop: EventLoop
    private let make: @Sendable (EventLoop) -> (any Prober)?
    private var prober: (any Prober)?
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// `make` is called on the loop, before the first check.
    package init(_ make: @escaping @Sendable (EventLoop) -> (any Prober)?) throws {
        loop = try EventLoop(name: "kind-test")
        self.make = make
    }

    package init(_ kind: any CheckKind.Type, _ configuration: ProbeConfiguration = ProbeConfiguration()) throws {
        try self.init { kind.makeProber(on: $0, configuration) }
    }

    deinit { loop.shutdown() }

    /// Runs something on the loop's thread.
    package func onLoop<Result: Sendable>(_ body: @Sendable () throws -> Result) rethrows -> Result { try body() }

    /// Runs one check.
    package func run(_ settings: some CheckSettings) async -> Outcome { await run(CheckSpec(settings)) }

    /// Runs one check.
    package func run(_ spec: CheckSpec) async -> Outcome {
        await withCheckedContinuation { continuation in
            start(spec) { continuation.resume(returning: $0) }
        }
    }

    /// Starts a check and cancels it at once; `all` cancels every check.
    package func runCancelled(_ settings: some CheckSettings, all: Bool = false) async -> Outcome {
        await withCheckedContinuation { continuation in
            let token = start(CheckSpec(settings)) { continuation.resume(returning: $0) }
            if all { prober?.cancelAll() } else if let token { prober?.cancel(token) }
        }
    }

    @discardableResult
    private func start(_ spec: CheckSpec, _ completion: @escaping (Outcome) -> Void) -> ProbeToken? {
        prober = prober ?? make(loop)
        return prober?.probe(spec, monitor: nil, completion: completion)
    }

    /// How many checks are running.
    package var runningCount: Int { prober?.runningCount ?? 0 }
    /// How many descriptors the loop watches.
    package var registrationCount: Int { loop.registrationCount }

    /// Releases the prober.
    package func close() { prober = nil }
}

/// A kind's errors for a request body: those of its schema and of its settings.
package func complaints(_ kind: any CheckKind.Type, _ body: JSONValue) -> [String] {
    kind.complaints(body)
}

extension CheckKind {
    fileprivate static func complaints(_ body: JSONValue) -> [String] {
        var issues: [ValidationIssue] = []
        guard let read = Schema.object(nil, members).read(body, at: [], into: &issues) else {
            return issues.map { "\(place($0.location)): \($0.message)" }
        }
        var errors: [FieldError] = []
        _ = apply(read, to: blank, stored: nil, &errors)
        return errors.map { "\(place([.key($0.field)] + $0.fault.path)): \($0.fault.reason)" }
    }

    private static func place(_ path: [ValidationIssue.Step]) -> String {
        path.map { step in
            switch step {
            case .key(let name): name
            case .index(let index): "\(index)"
            }
        }
        .joined(separator: ".")
    }
}
