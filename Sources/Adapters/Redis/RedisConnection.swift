import Base
import Checks
import Runtime
import Sockets

/// One connection, on which commands are sent without waiting for earlier answers.
///
/// Not Sendable: confined to the actor that owns it, which runs on the loop.
final class RedisConnection: StreamOwner {
    /// What is sent together, and its answers so far.
    private struct Sent {
        let count: Int
        var answers: [RedisValue] = []
        var timer: TimerToken?
        let continuation: CheckedContinuation<Result<[RedisValue], RedisError>, Never>
    }

    private let stream: StreamConnection
    private let reader: ReplyReader
    private let loop: EventLoop
    private let url: RedisURL
    private var sent = RingBuffer<Sent>()
    private var opening: CheckedContinuation<Result<Void, RedisError>, Never>?
    /// Why it must be replaced before the next use; nil while it works.
    private(set) var failure: RedisError?
    /// The server's number of this connection.
    private(set) var identifier = 0
    /// Receives all answers, instead of those who have sent commands; for subscriptions.
    var push: ((RedisValue) -> Void)?
    /// Called when the connection breaks.
    var broke: ((RedisError) -> Void)?

    private init(_ url: RedisURL, _ context: StreamContext) throws(RedisError) {
        guard let reader = ReplyReader() else { throw .unavailable("no memory for a connection to Redis") }
        (self.url, self.reader, loop) = (url, reader, context.loop)
        stream = StreamConnection(context)
        stream.outputLimit = 64 << 20
        stream.owner = self
    }

    /// Connects, signs in and selects the database; call on the loop.
    ///
    /// Throws `.refused` for wrong credentials or a cluster, `.unavailable` with the reason otherwise.
    static func open(
        _ url: RedisURL,
        name: String,
        within limit: Duration,
        _ context: StreamContext
    ) async throws(RedisError) -> RedisConnection {
        let connection = try RedisConnection(url, context)
        do throws(RedisError) {
            try await connection.connect(within: limit)
            try await connection.signIn(name, within: limit)
            return connection
        } catch {
            connection.fail(error)
            throw error
        }
    }

    private func connect(within limit: Duration) async throws(RedisError) {
        var target = StreamTarget(host: url.host, port: url.port)
        if url.isSecure {
            var options = TLSOptions(name: url.host)
            options.caFile = url.caFile
            target.tls = options
        }
        let result = await withCheckedContinuation { continuation in
            opening = continuation
            stream.open(target, deadline: .now + limit, limit: limit)
        }
        try result.get()
        stream.liftDeadline()
    }

    private func signIn(_ name: String, within limit: Duration) async throws(RedisError) {
        var commands: [RedisCommand] = []
        if let password = url.password {
            var sign = RedisCommand("AUTH")
            if let user = url.user { sign.append(user) }
            sign.append(password)
            commands.append(sign)
        }
        if url.database != 0 { commands.append(RedisCommand("SELECT", "\(url.database)")) }
        commands.append(RedisCommand("CLIENT", "SETNAME", name))
        commands.append(RedisCommand("CLIENT", "ID"))
        let answers = try await send(commands, within: limit)
        for case .error(let text) in answers {
            let isAccount = url.password != nil && text.hasPrefix("ERR") && text.contains("AUTH")
            throw isAccount ? .refused("Redis: \(text)") : RedisError(answer: text)
        }
        identifier = answers.last?.integer ?? 0
    }

    // MARK: Commands

    /// Sends commands together, and waits for their answers; an error of the server is an answer.
    ///
    /// Throws `.unavailable` when the connection breaks or no answer comes in time; the commands may have been run.
    func send(_ commands: [RedisCommand], within limit: Duration) async throws(RedisError) -> [RedisValue] {
        if let failure { throw failure }
        guard !commands.isEmpty else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(commands.reduce(0) { $0 + $1.size } + commands.count * 32)
        for command in commands { command.encode(into: &bytes) }
        let result = await withCheckedContinuation { continuation in
            // Checked again: a task that prefers another executor may be suspended before it comes here.
            if let failure { return continuation.resume(returning: Result<[RedisValue], RedisError>.failure(failure)) }
            let timer = loop.arm(after: limit) { [weak self] in
                self?.fail(.unavailable("Redis at \(self?.url.authority ?? "") did not answer within \(limit.text)"))
            }
            sent.append(Sent(count: commands.count, timer: timer, continuation: continuation))
            stream.write(bytes)
        }
        return try result.get()
    }

    /// Sends a command whose answer goes to `push`.
    func post(_ command: RedisCommand) {
        guard failure == nil else { return }
        var bytes: [UInt8] = []
        command.encode(into: &bytes)
        stream.write(bytes)
    }

    private func take(_ answer: RedisValue) {
        if let push { return push(answer) }
        guard var oldest = sent.popFirst() else { return fail(.unavailable("Redis answered what nobody asked")) }
        oldest.answers.append(answer)
        guard oldest.answers.count == oldest.count else { return sent.prepend(oldest) }
        if let timer = oldest.timer { loop.cancel(timer) }
        oldest.continuation.resume(returning: .success(oldest.answers))
    }

    /// Ends the connection; everybody who waits gets the error.
    func fail(_ error: RedisError) {
        guard failure == nil else { return }
        failure = error
        stream.close()
        opening.take()?.resume(returning: .failure(error))
        while let item = sent.popFirst() {
            if let timer = item.timer { loop.cancel(timer) }
            item.continuation.resume(returning: .failure(error))
        }
        let broke = broke
        (self.broke, push) = (nil, nil)
        broke?(error)
    }

    // MARK: Stream

    func streamOpened() { opening.take()?.resume(returning: .success(())) }

    func streamReceived(_ bytes: UnsafeRawBufferPointer) {
        do throws(RedisError) { try reader.feed(bytes) { take($0) } } catch { fail(error) }
    }

    func streamEnded() { fail(.unavailable("Redis at \(url.authority) closed the connection")) }

    func streamFailed(_ failure: Outcome.Failure) {
        fail(.unavailable("Redis at \(url.authority) cannot be reached: \(failure.message)"))
    }
}
