import Base
import Checks
package import Runtime
import Sockets

/// A connection that is opened when it is first needed, and again after it broke.
///
/// Commands that were under way when it broke fail: nobody knows whether the server has run them.
package actor RedisClient {
    private let url: RedisURL
    package nonisolated let name: String
    private let loop: EventLoop
    private let patience: Duration
    private let connectTimeout: Duration
    private lazy var context = StreamContext(loop: loop, configuration: ProbeConfiguration())
    private var connection: RedisConnection?
    private var isOpening = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var failures = 0
    /// The error of the last try to connect, and until when it is not tried again.
    private var refusal: (error: RedisError, until: MonotonicTime)?
    private var isClosed = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Does not connect yet; `name` is what the server lists, without spaces, and `patience` the limit of an answer.
    package init(
        _ url: RedisURL,
        name: String = "sentinel",
        on loop: EventLoop,
        patience: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(5)
    ) {
        (self.url, self.name, self.loop) = (url, name, loop)
        (self.patience, self.connectTimeout) = (patience, connectTimeout)
    }

    /// Sends commands together and returns their answers, of which some may be errors.
    ///
    /// `wait` is how long the server is asked to wait for news. Throws `.unavailable` when the server cannot be used,
    /// `.refused` for wrong credentials or a cluster, and `.closed`.
    @discardableResult
    package func run(_ commands: [RedisCommand], wait: Duration = .zero) async throws(RedisError) -> [RedisValue] {
        let connection = try await ready()
        let answers = try await connection.send(commands, within: patience + wait)
        // After a failover, the old primary says so as long as the connection lives.
        for case .error(let text) in answers where text.hasPrefix("READONLY") || text.hasPrefix("MASTERDOWN") {
            connection.fail(RedisError(answer: text))
        }
        return answers
    }

    /// Sends one command and returns its answer.
    ///
    /// Throws as `run` does, and the server's error.
    @discardableResult
    package func call(_ command: RedisCommand, wait: Duration = .zero) async throws(RedisError) -> RedisValue {
        let answer = try await run([command], wait: wait).first ?? .null
        if case .error(let text) = answer { throw RedisError(answer: text) }
        return answer
    }

    /// Runs a script with keys and arguments.
    ///
    /// Throws as `call` does.
    @discardableResult
    package func call(_ script: RedisScript, keys: [String], _ arguments: RedisCommand) async throws(RedisError)
        -> RedisValue
    {
        do throws(RedisError) { return try await call(script.command(keys: keys, arguments, asText: false)) } catch {
            // Not run: the server has been restarted since, or never saw the script.
            guard case .command(let text) = error, text.hasPrefix("Redis: NOSCRIPT") else { throw error }
            return try await call(script.command(keys: keys, arguments, asText: true))
        }
    }

    /// The server's number of the connection; nil without one.
    package var identifier: Int? { connection.flatMap { $0.failure == nil ? $0.identifier : nil } }

    /// A connection refers to what this client owns.
    isolated deinit { close() }

    /// Ends the connection; what waits for answers fails with `.closed`.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        connection?.fail(.closed)
        connection = nil
        context.close()
    }

    /// An open connection.
    ///
    /// Throws why there is none; soon after a failure, its error again.
    func ready() async throws(RedisError) -> RedisConnection {
        while true {
            if isClosed { throw .closed }
            if let connection, connection.failure == nil { return connection }
            if let refusal, MonotonicTime.now < refusal.until { throw refusal.error }
            if isOpening {
                await withCheckedContinuation { waiter in
                    // Checked again: a task that prefers another executor may be suspended before it comes here.
                    if isOpening { waiters.append(waiter) } else { waiter.resume() }
                }
                continue
            }
            await open()
        }
    }

    private func open() async {
        isOpening = true
        do throws(RedisError) {
            let opened = try await RedisConnection.open(url, name: name, within: connectTimeout, context)
            // A server may answer the sign-in, and break the connection with the next byte.
            if let failure = opened.failure { throw failure }
            if isClosed { opened.fail(.closed) } else { connection = opened }
            (failures, refusal) = (0, nil)
        } catch {
            failures += 1
            refusal = (error, .now + Backoff.standard.delay(after: failures))
        }
        isOpening = false
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter.resume() }
    }
}
