import Base
import Checks
import HTTPClient
import Runtime

/// The state that the checks of one prober share: the transfers, the resolver, the pool of checks.
final class ProbeEngine {
    let loop: EventLoop
    let configuration: ProbeConfiguration
    let multi: CurlMulti?
    let resolver: Resolver
    let trust = TrustStore()
    let connections = KeptConnections()
    /// Outlives every connection: a kept one may be closed long after its check.
    let lastClosed = ClosedSocket()
    var headers = HeaderDigest()
    let assertions = AssertionCache()
    private(set) lazy var tokens = TokenStore(engine: self)
    private(set) lazy var bodyFiles = BodyFiles(loop: loop)
    private(set) var running: [HTTPCheckRun] = []
    private var idle: [HTTPCheckRun] = []
    private var lastNumber: UInt64 = 0
    private static let idleLimit = 256

    init(loop: EventLoop, configuration: ProbeConfiguration) {
        loop.preconditionInLoop()
        (self.loop, self.configuration) = (loop, configuration)
        multi = CurlMulti(loop: loop)
        resolver = Resolver(loop: loop)
    }

    func start(
        _ spec: HTTPSettings,
        monitor: MonitorID?,
        reader: ((CollectedText?) -> Void)? = nil,
        completion: @escaping (Outcome) -> Void
    ) -> ProbeToken {
        loop.preconditionInLoop()
        lastNumber += 1
        let check = idle.popLast() ?? HTTPCheckRun(engine: self)
        check.place = running.count
        check.number = lastNumber
        running.append(check)
        check.begin(spec, monitor: monitor, reader: reader, completion: completion)
        return ProbeToken(number: lastNumber)
    }

    /// Returns a finished check to the pool.
    func release(_ check: HTTPCheckRun) {
        let last = running.removeLast()
        if last !== check {
            running[check.place] = last
            last.place = check.place
        }
        check.place = -1
        if idle.count < Self.idleLimit { idle.append(check) }
    }

    func cancel(_ number: UInt64) { running.first { $0.number == number }?.cancel() }

    func cancelAll() {
        for check in running { check.cancel() }
    }

    /// Shuts everything down without completions.
    func shutdown() {
        for check in running { check.abandon() }
        running = []
        idle = []
        connections.removeAll()
        multi?.close()
        resolver.close()
    }
}
