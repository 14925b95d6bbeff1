import Base
import CPostgres
import Runtime
import SQL

/// One connection in pipeline mode; not `Sendable`: confined to the actor that owns it, which runs on its event loop.
final class PostgresConnection {
    /// The purpose of a connection.
    enum Role { case writer, reader }

    private let handle: OpaquePointer  // PGconn *
    private let loop: EventLoop
    private let patience: Duration
    private var registration: EventLoop.Registration?
    private var waiter: CheckedContinuation<Bool, Never>?
    /// What happened after the wait began and before there was a waiter.
    private var early: Bool?
    private var timer: TimerToken?
    /// Since when the server was not heard, while an answer is waited for.
    private var silentSince: MonotonicTime?
    private var statements = PreparedStatements()
    private var isEstablished = false
    /// Whether it must be replaced before the next use.
    private(set) var isBroken = false

    private init(_ handle: OpaquePointer, on loop: EventLoop, patience: Duration) {
        (self.handle, self.loop, self.patience) = (handle, loop, patience)
    }

    /// Connects and sets the session up; call on the loop.
    ///
    /// `patience` is the configuration's without another. Looks the host's name up with a call that blocks the loop, which serves connections to the database only.
    ///
    /// Throws `.unavailable` with the reason when the server cannot be reached or refuses the connection.
    static func open(
        _ configuration: PostgresConfiguration,
        role: Role,
        on loop: EventLoop,
        patience: Duration? = nil
    ) async throws(SQLError) -> PostgresConnection {
        guard let handle = configuration.start() else { throw .unavailable("no memory for a connection") }
        let connection = PostgresConnection(handle, on: loop, patience: patience ?? configuration.patience)
        do throws(SQLError) {
            do throws(PostgresError) { try await connection.establish(within: configuration.connectTimeout) } catch {
                throw configuration.explained(error)
            }
            try await connection.run(configuration.setUp(role).map { Command($0) })
            return connection
        } catch {
            connection.close()
            throw error
        }
    }

    /// Ends the connection; call once, on the loop.
    func close() {
        isBroken = true
        if let registration { loop.deregister(registration) }
        registration = nil
        wake(false)
        PQfinish(handle)
    }

    private func establish(within limit: Duration) async throws(PostgresError) {
        // The server's notices would go to standard error.
        _ = PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // Refusals come without their codes otherwise.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        let deadline = MonotonicTime.now + limit
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard PQstatus(handle) != CONNECTION_BAD, state != PGRES_POLLING_FAILED else {
                throw PostgresError(connection: handle)
            }
            // The descriptor may be another one after each step.
            try register(state == PGRES_POLLING_READING ? .read : .write)
            let isReady = await wait(until: deadline)
            if let registration { loop.deregister(registration) }
            registration = nil
            guard isReady else { throw PostgresError("the server did not answer within \(limit.text)") }
            state = PQconnectPoll(handle)
        }
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            throw PostgresError(connection: handle)
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        isEstablished = true
        try register(.read)
    }

    private func register(_ interest: Interest) throws(PostgresError) {
        do throws(Errno) {
            registration = try loop.register(PQsocket(handle), interest) { [weak self] _ in self?.becomeReady() }
        } catch { throw PostgresError("the connection cannot be watched: \(error)") }
    }

    // MARK: Waiting

    private func becomeReady() {
        guard waiter == nil else { return wake(true) }
        // Nobody waits: the server said something by itself, such as that it shuts down. While a connection is being
        // established, only `PQconnectPoll` may read.
        if isEstablished, PQconsumeInput(handle) == 0 {
            isBroken = true
            if let registration { loop.deregister(registration) }
            registration = nil
        }
        early = true
    }

    private func wake(_ isReady: Bool) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard let waiter = waiter.take() else { return early = isReady }
        waiter.resume(returning: isReady)
    }

    /// Waits until the descriptor is ready; false when the time has passed.
    private func wait(until deadline: MonotonicTime) async -> Bool {
        guard !isBroken else { return false }
        timer = loop.arm(at: deadline) { [weak self] in
            self?.timer = nil
            self?.wake(false)
        }
        silentSince = .now
        early = nil
        let isReady = await withCheckedContinuation { continuation in
            // A task that prefers another executor may have been suspended before it comes here.
            waiter = continuation
            if let early { wake(early && !isBroken) }
        }
        if isReady { silentSince = nil }
        return isReady
    }

    /// Gives up waiting for an answer if the server has said nothing for that long.
    func giveUp(after limit: Duration) {
        guard waiter != nil, isEstablished, let silentSince, MonotonicTime.now - silentSince >= limit else { return }
        wake(false)
    }

    private func lost() -> SQLError {
        isBroken = true
        // libpq has closed the descriptor, whose number the next connection may get.
        if let registration { loop.deregister(registration) }
        registration = nil
        return PostgresError(connection: handle).error
    }

    private func silent() -> SQLError {
        isBroken = true
        let silence = silentSince.map { MonotonicTime.now - $0 } ?? patience
        return .unavailable(
            "the server did not answer within \(Duration.seconds(silence.wholeMilliseconds / 1000).text)"
        )
    }

    // MARK: Statements

    /// A statement with its parameters.
    struct Command {
        let sql: String
        let parameters: StatementParameters

        init(_ sql: String, _ parameters: StatementParameters = StatementParameters([], start: 0, count: 0)) {
            (self.sql, self.parameters) = (sql, parameters)
        }

        init(_ sql: String, _ values: [SQLValue]) {
            self.init(sql, StatementParameters(values, start: 0, count: values.count))
        }
    }

    /// What the answers belong to, in the order of sending.
    private enum Sent {
        case preparation(PreparedStatements.Key, name: String)
        case command(Int)
        case removal
    }

    /// Sends the commands together, and passes their results on as they come; the first error ends them.
    ///
    /// With `rowByRow`, each row comes as a result of its own.
    ///
    /// Throws the first error of the server or of `see`, and `.unavailable` when the connection is lost.
    func run(
        _ commands: [Command],
        rowByRow: Bool = false,
        _ see: (_ command: Int, _ result: OpaquePointer) throws(SQLError) -> Void = { _, _ throws(SQLError) in }
    ) async throws(SQLError) {
        guard !isBroken else { throw .unavailable("the connection was lost") }
        let sent = try send(commands)
        try await flush()
        var failure: SQLError?
        do throws(SQLError) {
            for item in sent {
                if rowByRow, case .command = item { PQsetSingleRowMode(handle) }
                while let result = try await nextResult() {
                    defer { PQclear(result) }
                    do throws(SQLError) { try take(result, of: item, failed: failure != nil, see) } catch {
                        failure = failure ?? error
                    }
                }
            }
            // The mark at the end of what was sent together.
            if let mark = try await nextResult() { PQclear(mark) }
        } catch {
            // The server said why before it ended the connection.
            throw failure ?? error
        }
        if let failure { throw failure }
    }

    private func take(
        _ result: OpaquePointer,
        of item: Sent,
        failed: Bool,
        _ see: (_ command: Int, _ result: OpaquePointer) throws(SQLError) -> Void
    ) throws(SQLError) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE:
            switch item {
            case .preparation(let key, let name): statements.insert(key, name)
            case .command(let index): if !failed { try see(index, result) }
            case .removal: break
            }
        case PGRES_PIPELINE_ABORTED: break
        default:
            let error = PostgresError(result)
            if error.endsConnection || PQstatus(handle) == CONNECTION_BAD { isBroken = true }
            throw error.error
        }
    }

    private func send(_ commands: [Command]) throws(SQLError) -> [Sent] {
        var sent: [Sent] = []
        sent.reserveCapacity(commands.count + 1)
        var new: [PreparedStatements.Key: String] = [:]
        for name in statements.takeEvicted() {
            guard PQsendQueryParams(handle, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) == 1 else { throw lost() }
            sent.append(.removal)
        }
        for (index, command) in commands.enumerated() {
            let key = PreparedStatements.Key(sql: command.sql, types: command.parameters.types)
            let name: String
            if let known = statements.name(key) ?? new[key] {
                name = known
            } else {
                name = statements.nextName()
                new[key] = name
                let count = Int32(command.parameters.count)
                guard PQsendPrepare(handle, name, command.sql, count, command.parameters.types) == 1 else {
                    throw lost()
                }
                sent.append(.preparation(key, name: name))
            }
            let isSent = command.parameters.withPointers { values, lengths, formats in
                PQsendQueryPrepared(handle, name, Int32(values.count), values, lengths, formats, 1) == 1
            }
            guard isSent else { throw lost() }
            sent.append(.command(index))
        }
        guard PQpipelineSync(handle) == 1 else { throw lost() }
        return sent
    }

    /// Sends what is buffered, reading meanwhile: the server stops taking statements while its answers wait.
    private func flush() async throws(SQLError) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1: break
            default: throw lost()
            }
            guard let registration else { throw lost() }
            loop.update(registration, [.read, .write])
            let isReady = await wait(until: .now + patience)
            if let registration = self.registration { loop.update(registration, .read) }
            guard isReady else { throw silent() }
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
    }

    /// The next result; nil at the end of a command's results.
    private func nextResult() async throws(SQLError) -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            guard registration != nil else { throw lost() }
            guard await wait(until: .now + patience) else { throw silent() }
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
        let result = PQgetResult(handle)
        if result == nil, PQstatus(handle) == CONNECTION_BAD { throw lost() }
        return result
    }
}
