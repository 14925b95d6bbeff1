import Base
import Broker
import Redis
import Runtime

/// One member of a consumer group whose members share all messages.
actor StreamConsumer: GroupMember {
    let topic: StreamTopic
    let group: String
    private let member: String
    private let redelivery: Duration
    let channel: RedisChannel
    private let reader: RedisClient

    var buffer = RingBuffer<StreamEntry>()
    var outstanding = Outstanding()
    private var wakers = Wakers()
    private var isFetching = false
    private var isBeating = false
    var hasAcknowledged = false
    private var hasLeft = false
    private(set) var isClosed = false
    private var timer: TimerToken?
    private static let fetchLimit = 512

    nonisolated var unownedExecutor: UnownedSerialExecutor { channel.loop.asUnownedSerialExecutor() }

    init(_ topic: StreamTopic, group: String, member: String, redelivery: Duration, _ channel: RedisChannel) {
        (self.topic, self.group, self.member, self.redelivery) = (topic, group, member, redelivery)
        self.channel = channel
        reader = channel.makeReader()
    }

    /// Joins the group.
    func join() async throws(RedisError) {
        try await channel.join(topic, group: group, member: member)
        armBeat()
    }

    // MARK: Messages

    /// What `take` found.
    struct Taken: Sendable {
        let firstID: UInt64
        let entries: [StreamEntry]
    }

    /// Waits for entries, as `Subscription.receive` does.
    func take(upTo limit: Int) async -> Taken {
        while !isClosed, !hasLeft {
            let id = wakers.makeID()
            if let taken = takeBuffered(limit) { return taken }
            if Task.isCancelled {
                await settle(limit)
                break
            }
            startFetch(limit, waits: true)
            await waitForNews(id)
        }
        return isClosed || hasLeft
            ? Taken(firstID: 0, entries: []) : takeBuffered(limit) ?? Taken(firstID: 0, entries: [])
    }

    private func takeBuffered(_ limit: Int) -> Taken? {
        var entries: [StreamEntry] = []
        while entries.count < limit, let next = buffer.first, entries.isEmpty || next.attempt == entries[0].attempt {
            _ = buffer.popFirst()
            entries.append(next)
        }
        guard !entries.isEmpty else { return nil }
        return Taken(firstID: outstanding.add(entries, until: .now + redelivery), entries: entries)
    }

    /// Brings what waits at the server into the buffer without waiting.
    private func settle(_ limit: Int) async {
        if isFetching {
            await unblock()
        } else {
            startFetch(limit, waits: false)
        }
        await waitForFetch()
    }

    /// Waits until no read is under way.
    private func waitForFetch() async {
        while isFetching, !isClosed {
            let id = wakers.makeID()
            await withCheckedContinuation { wakers.insert(id, $0) }
        }
    }

    /// Ends a read that waits; it brings what was delivered to it.
    private func unblock() async {
        guard let identifier = await reader.identifier else { return }
        // It ends by itself soon if this does not reach it.
        _ = try? await channel.commands.call(RedisCommand("CLIENT", "UNBLOCK", "\(identifier)"))
    }

    private func waitForNews(_ id: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // The cancellation may have been here already.
                if Task.isCancelled { continuation.resume() } else { wakers.insert(id, continuation) }
            }
        } onCancel: {
            Task { await self.wake(id) }
        }
    }

    private func wake(_ id: Int) { wakers.wake(id) }

    private func startFetch(_ limit: Int, waits: Bool) {
        guard !isFetching else { return }
        isFetching = true
        Task { await fetch(limit, waits: waits) }
    }

    private func fetch(_ limit: Int, waits: Bool) async {
        let wait = channel.timing.beat
        let count = min(Self.fetchLimit, (max(1, limit) + topic.streams.count - 1) / topic.streams.count)
        var command = RedisCommand("XREADGROUP", "GROUP", group, member, "COUNT", "\(count)")
        if waits {
            command.append("BLOCK")
            command.append(Int(wait.wholeMilliseconds))
        }
        command.append("STREAMS")
        for key in topic.streams { command.append(key) }
        for _ in topic.streams { command.append(">") }
        do throws(RedisError) {
            let answer = try await reader.call(command, wait: waits ? wait : .zero)
            for entry in answer.entries(of: topic) { buffer.append(entry) }
            channel.faults.end(.reading, topic, group, channel.logger)
        } catch { await recover(error) }
        isFetching = false
        wakers.wakeAll()
    }

    /// Makes the group again when the server has lost it; otherwise waits before the next try.
    private func recover(_ error: RedisError) async {
        guard !isClosed, !hasLeft else { return }
        guard let problem = await channel.joinAgain(topic, group: group, member: member, after: error) else { return }
        channel.faults.begin(.reading, topic, group, problem, channel.logger)
        await withCheckedContinuation { continuation in
            channel.loop.arm(after: .milliseconds(100)) { continuation.resume() }
        }
    }

    // MARK: Signs of life

    private func armBeat() {
        guard !isClosed, !hasLeft else { return }
        timer = channel.loop.arm(after: channel.timing.beat) { [weak self] in
            self?.assumeIsolated { $0.beatAndArm() }  // Invariant: timers run on this actor's executor.
        }
    }

    private func beatAndArm() {
        Task {
            await beat()
            armBeat()
        }
    }

    /// Shows that this member lives; takes over what others have left, when somebody waits for messages.
    private func beat() async {
        guard !isBeating, !isClosed, !hasLeft else { return }
        isBeating = true
        defer { isBeating = false }
        outstanding.expire(now: .now)
        let limit = wakers.isEmpty || buffer.count > 0 ? 0 : 256
        let arguments = RedisCommand(
            group,
            member,
            "\(redelivery.wholeMilliseconds)",
            "\(limit)",
            "\(channel.timing.deadAfter.wholeMilliseconds)",
            hasAcknowledged ? "1" : "0"
        )
        let trims = hasAcknowledged
        hasAcknowledged = false
        let keys = [topic.members(group)] + topic.streams
        let answer: [RedisValue]
        do throws(RedisError) {
            answer = try await channel.commands.call(Scripts.claim, keys: keys, arguments).array ?? []
            channel.faults.end(.claiming, topic, group, channel.logger)
        } catch {
            if trims { hasAcknowledged = true }
            guard !isClosed, !hasLeft else { return }
            let problem = await channel.joinAgain(topic, group: group, member: member, after: error)
            if let problem { channel.faults.begin(.claiming, topic, group, problem, channel.logger) }
            return
        }
        guard answer.count == 3 else { return }
        channel.counters.depth(waiting: answer[1].integer ?? 0, inFlight: answer[2].integer ?? 0, topic: topic.name)
        let rows = answer[0].array ?? []
        guard !rows.isEmpty else { return }
        for row in rows {
            guard let row = row.array, row.count == 4, let shard = row[0].integer, let id = row[1].bytes,
                let attempt = row[2].integer
            else { continue }
            buffer.append(StreamEntry(shard: shard, id: id, attempt: attempt, message: row[3].message))
        }
        channel.counters.redelivered(rows.count, topic: topic.name)
        wakers.wakeAll()
    }

    // MARK: Life

    /// Leaves the group; other members take over what was not acknowledged.
    func leave() async {
        guard !hasLeft, !isClosed else { return }
        hasLeft = true
        channel.faults.forget(topic, group)
        if let timer { channel.loop.cancel(timer) }
        wakers.wakeAll()
        // A read under way must not bring messages to a member that has left.
        if isFetching { await unblock() }
        await waitForFetch()
        let key = topic.members(group)
        // Without this, the others notice by its silence.
        _ = try? await channel.commands.call(RedisCommand("ZADD", key, "0", member))
        await reader.close()
    }

    func mayDeliver(_ entry: StreamEntry) -> Bool { true }

    /// Ends every wait.
    func close() async {
        guard !isClosed else { return }
        isClosed = true
        if let timer { channel.loop.cancel(timer) }
        await reader.close()
        wakers.wakeAll()
    }
}
