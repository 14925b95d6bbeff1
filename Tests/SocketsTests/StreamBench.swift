import Base
import Checks
import Runtime
import Sockets
import TestSupport

/// Streams on their own loop, with the facts that tests need about each.
actor StreamBench {
    private nonisolated let loop: EventLoop
    private let configuration: ProbeConfiguration
    private var holder: Holder?
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ configuration: ProbeConfiguration = ProbeConfiguration()) throws {
        loop = try EventLoop(name: "stream-test")
        self.configuration = configuration
    }

    /// Closes the context when released.
    private final class Holder {
        let context: StreamContext
        init(_ context: StreamContext) { self.context = context }

        deinit {
            // Invariant: the context is confined to its loop, and this was the last reference from outside.
            nonisolated(unsafe) let context = context
            context.loop.execute { context.close() }
        }
    }

    /// The result of a stream.
    struct Report: Sendable {
        var openings = 0
        var received: [UInt8] = []
        var hasEnded = false
        var failure: Outcome.Failure?
        var times = StreamTimes()
        var remoteAddress: String?
        var version: String?
        var cipher: String?
        var selectedProtocol: String?
        var staple: StapleStatus?
        var links: [CertificateLink] = []
        var covers = false
        var certificate: CertificateFacts?
        var text: String { String(decoding: received, as: UTF8.self) }
    }

    /// Opens a stream, sends, and waits for that many bytes, the end or a failure.
    func run(
        _ target: StreamTarget,
        send: [UInt8] = [],
        until count: Int = 0,
        covers name: String = "",
        timeout: Duration = .seconds(20)
    ) async -> Report {
        let holder = self.holder ?? Holder(StreamContext(loop: loop, configuration: configuration))
        self.holder = holder
        let context = holder.context
        return await withCheckedContinuation { continuation in
            let user = StreamUser(context, send, count, name) { continuation.resume(returning: $0) }
            user.open(target, timeout)
        }
    }

    /// How many descriptors the loop watches once it is idle.
    var registrations: Int { loop.registrationCount }
}

/// Uses one stream; keeps itself alive until it is done.
private final class StreamUser: StreamOwner {
    private let connection: StreamConnection
    private let bytes: [UInt8]
    private let count: Int
    private let name: String
    private var report = StreamBench.Report()
    private var completion: ((StreamBench.Report) -> Void)?
    private var me: StreamUser?

    init(
        _ context: StreamContext,
        _ bytes: [UInt8],
        _ count: Int,
        _ name: String,
        _ completion: @escaping (StreamBench.Report) -> Void
    ) {
        connection = StreamConnection(context)
        self.bytes = bytes
        self.count = count
        self.name = name
        self.completion = completion
    }

    func open(_ target: StreamTarget, _ timeout: Duration) {
        me = self
        connection.owner = self
        connection.open(target, deadline: .now + timeout, limit: timeout)
    }

    func streamOpened() {
        report.openings += 1
        connection.write(bytes)
        if count == 0 { finish() }
    }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        report.received += bytes
        if report.received.count >= count { finish() }
    }

    func streamEnded() {
        report.hasEnded = true
        finish()
    }

    func streamFailed(_ failure: Outcome.Failure) {
        report.failure = failure
        finish()
    }

    private func finish() {
        report.times = connection.times
        report.remoteAddress = connection.remoteAddress
        report.version = connection.tlsVersion
        report.cipher = connection.tlsCipher
        report.selectedProtocol = connection.tlsProtocol
        if report.version != nil { report.staple = connection.stapleStatus }
        report.covers = connection.certificateCovers(name)
        report.links = connection.record.links
        report.certificate = connection.record.facts
        connection.close()
        let completion = completion
        self.completion = nil
        completion?(report)
        me = nil
    }
}
