import Base
import Broker
import Redis
import Runtime

/// One member of a consumer group whose members own partitions.
///
/// The server notes the owner of each stream, and gives messages of a stream to its owner only. A member that was
/// silent for too long owns nothing any more, and delivers nothing until the server has confirmed what it owns.
actor PartitionConsumer: GroupMember {
    let topic: StreamTopic
    let group: String
    let member: String
    let redelivery: Duration
    let channel: RedisChannel
    private let reader: RedisClient

    var shards: [Int: OwnedStream] = [:]
    /// Streams that another member got, which the caller was not told yet.
    private var lost: [Int] = []
    var buffer = RingBuffer<StreamEntry>()
    var outstanding = Outstanding()
    private var wakers = Wakers()
    private var acquired = 0
    private var isExchanging = false
    private var isWatching = false
    var hasAcknowledged = false
    private var hasLeft = false
    private(set) var isClosed = false
    /// Until when the server's last word about the owners counts.
    private var freshUntil = MonotonicTime(nanoseconds: 0)
    private var timer: TimerToken?

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

    // MARK: Events

    /// What `next` found.
    enum Event: Sendable {
        case assigned([Partition])
        case revoked([Partition])
        case messages(firstID: UInt64, [StreamEntry])
        case end
    }

    /// Waits for the next event, as `PartitionSubscription.next` does.
    func next(upTo limit: Int) async -> Event {
        var hasAsked = false
        while !isClosed, !hasLeft {
            if MonotonicTime.now >= freshUntil || (Task.isCancelled && !hasAsked) {
                hasAsked = true
                guard await share() else {
                    if Task.isCancelled { return .end }
                    await waitForNews(wakers.makeID())
                    continue
                }
            }
            if let event = takeNews() ?? takeMessages(limit) { return event }
            let ids = await exchange { await self.read(limit) } ?? []
            if let event = takeNews() ?? takeMessages(limit) { return event }
            if Task.isCancelled { return .end }
            let id = wakers.makeID()
            startWatch(ids)
            await waitForNews(id)
        }
        return .end
    }

    private func takeNews() -> Event? {
        if !lost.isEmpty {
            defer { lost = [] }
            return .revoked(partitions(lost))
        }
        let revoked = shards.filter { $0.value.state == .revoked }.map(\.key)
        if !revoked.isEmpty {
            for shard in revoked { shards[shard]?.state = .releasing }
            return .revoked(partitions(revoked))
        }
        let new = shards.filter { $0.value.state == .new }.map(\.key)
        guard !new.isEmpty else { return nil }
        for shard in new { shards[shard]?.state = .recovering(after: nil) }
        return .assigned(partitions(new))
    }

    private func partitions(_ shards: [Int]) -> [Partition] { shards.flatMap(topic.partitions).sorted() }

    private func takeMessages(_ limit: Int) -> Event? {
        guard MonotonicTime.now < freshUntil else { return nil }
        var entries: [StreamEntry] = []
        while entries.count < max(1, limit), let next = buffer.first {
            guard shards[next.shard]?.delivers == true else {
                _ = buffer.popFirst()
                continue
            }
            guard entries.isEmpty || next.attempt == entries[0].attempt else { break }
            _ = buffer.popFirst()
            entries.append(next)
        }
        guard !entries.isEmpty else { return nil }
        return .messages(firstID: outstanding.add(entries, until: .now + redelivery), entries)
    }

    // MARK: Reading

    /// Brings messages into the buffer; returns where each stream ends when there are none.
    private func read(_ limit: Int) async -> [RedisValue] {
        do throws(RedisError) {
            for (shard, owned) in shards.sorted(by: { $0.key < $1.key }) {
                if case .recovering(let last) = owned.state { try await recover(shard, after: last, owned.number) }
                if buffer.count > 0 { return [] }
            }
            let live = shards.filter { $0.value.state == .live }.map(\.key).sorted()
            guard !live.isEmpty else { return [] }
            let count = min(256, (max(1, limit) + live.count - 1) / live.count)
            var arguments = RedisCommand(group, member, "\(count)")
            for shard in live { arguments.append(shard) }
            let numbers = shards.mapValues(\.number)
            let keys = [topic.owners(group)] + live.map { topic.streams[$0] }
            let answer = try await channel.commands.call(Scripts.read, keys: keys, arguments)
            channel.faults.end(.reading, topic, group, channel.logger)
            guard let parts = answer.array, let first = parts.first else { return [] }
            if parts.count == 2 { return parts[1].array ?? [] }
            for entry in first.entries(of: topic) {
                if shards[entry.shard]?.number == numbers[entry.shard] {
                    buffer.append(entry)
                } else if shards[entry.shard]?.delivers == true {
                    // Lost and owned again meanwhile.
                    shards[entry.shard]?.state = .recovering(after: nil)
                }
            }
        } catch {
            // An answer that was lost may have brought messages: they are taken again now, and not when they are due.
            for shard in shards.filter({ $0.value.state == .live }).map(\.key) {
                shards[shard]?.state = .recovering(after: nil)
                forget(shard)
            }
            await failed(.reading, error)
        }
        return []
    }

    /// Takes over what was delivered from a stream and not acknowledged, in its order.
    private func recover(_ shard: Int, after last: String?, _ number: Int) async throws(RedisError) {
        let limit = 256
        let arguments = RedisCommand(group, member, "\(shard)", last.map { "(\($0)" } ?? "-", "\(limit)")
        let keys = [topic.owners(group), topic.streams[shard]]
        let answer = try await channel.commands.call(Scripts.recover, keys: keys, arguments)
        guard shards[shard]?.number == number, shards[shard]?.delivers == true else { return }
        guard let parts = answer.array, parts.count == 3, let count = parts[0].integer, let last = parts[1].text else {
            // Another member owns it: the next exchange says so.
            freshUntil = MonotonicTime(nanoseconds: 0)
            return
        }
        let rows = parts[2].array ?? []
        for row in rows {
            guard let row = row.array, row.count == 3, let id = row[0].bytes, let attempt = row[1].integer else {
                continue
            }
            buffer.append(StreamEntry(shard: shard, id: id, attempt: attempt, message: row[2].message))
        }
        if !rows.isEmpty { channel.counters.redelivered(rows.count, topic: topic.name) }
        shards[shard]?.state = count < limit ? .live : .recovering(after: last)
    }

    /// Waits at the server for messages of the live streams, without taking them.
    private func startWatch(_ ids: [RedisValue]) {
        guard !isWatching, ids.count >= 2 else { return }
        isWatching = true
        var command = RedisCommand(
            "XREAD",
            "COUNT",
            "1",
            "BLOCK",
            "\(channel.timing.beat.wholeMilliseconds)",
            "STREAMS"
        )
        for index in stride(from: 0, to: ids.count - 1, by: 2) { command.append(ids[index].bytes ?? []) }
        for index in stride(from: 1, to: ids.count, by: 2) { command.append(ids[index].bytes ?? []) }
        let waiting = command
        Task {
            _ = try? await reader.call(waiting, wait: channel.timing.beat)
            isWatching = false
            wakers.wakeAll()
        }
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

    private func failed(_ work: BrokerFaults.Work, _ error: RedisError) async {
        guard !isClosed, !hasLeft else { return }
        guard let problem = await channel.joinAgain(topic, group: group, member: member, after: error) else { return }
        channel.faults.begin(work, topic, group, problem, channel.logger)
    }

    // MARK: Owners

    /// Runs what must not overlap with another exchange about owners or messages.
    private func exchange<R: Sendable>(_ body: () async -> R) async -> R? {
        while isExchanging, !isClosed {
            let id = wakers.makeID()
            await withCheckedContinuation { wakers.insert(id, $0) }
        }
        guard !isClosed else { return nil }
        isExchanging = true
        let result = await body()
        isExchanging = false
        wakers.wakeAll()
        return result
    }

    private func armBeat() {
        guard !isClosed, !hasLeft else { return }
        timer = channel.loop.arm(after: channel.timing.beat) { [weak self] in
            self?.assumeIsolated { $0.beatAndArm() }  // Invariant: timers run on this actor's executor.
        }
    }

    private func beatAndArm() {
        Task {
            _ = await share()
            armBeat()
        }
    }

    /// Shows that this member lives, and learns what it owns; false when the server cannot be asked.
    private func share() async -> Bool {
        await exchange { await self.shareAlone() } ?? false
    }

    private func shareAlone() async -> Bool {
        guard !isClosed, !hasLeft else { return false }
        let start = MonotonicTime.now
        let arguments = RedisCommand(
            group,
            member,
            "\(channel.timing.deadAfter.wholeMilliseconds)",
            "\(redelivery.wholeMilliseconds)",
            hasAcknowledged ? "1" : "0"
        )
        let trims = hasAcknowledged
        hasAcknowledged = false
        let keys = [topic.members(group), topic.owners(group)] + topic.streams
        do throws(RedisError) {
            let answer = try await channel.commands.call(Scripts.share, keys: keys, arguments)
            guard let parts = answer.array, parts.count == 5, !hasLeft else { return false }
            freshUntil = start + channel.timing.deadAfter
            channel.counters.depth(waiting: parts[3].integer ?? 0, inFlight: parts[4].integer ?? 0, topic: topic.name)
            apply(
                mine: Set((parts[0].array ?? []).compactMap(\.integer)),
                excess: parts[1].integer ?? 0,
                due: (parts[2].array ?? []).compactMap(\.integer)
            )
            channel.faults.end(.claiming, topic, group, channel.logger)
            return true
        } catch {
            if trims { hasAcknowledged = true }
            await failed(.claiming, error)
            return false
        }
    }

    private func apply(mine: Set<Int>, excess: Int, due: [Int]) {
        for (shard, owned) in shards where !mine.contains(shard) {
            if owned.state != .new { lost.append(shard) }
            drop(shard)
        }
        for shard in mine where shards[shard] == nil {
            acquired += 1
            shards[shard] = OwnedStream(number: acquired)
        }
        for shard in due where shards[shard]?.state == .live {
            shards[shard]?.state = .recovering(after: nil)
            forget(shard)
        }
        let leaving = shards.values.count { $0.state == .revoked || $0.state == .releasing }
        let candidates = shards.filter { $0.value.delivers }.map(\.key).sorted()
        for shard in candidates.suffix(max(0, excess - leaving)) { shards[shard]?.state = .revoked }
    }

    private func drop(_ shard: Int) {
        shards[shard] = nil
        forget(shard)
    }

    private func forget(_ shard: Int) {
        var kept = RingBuffer<StreamEntry>()
        while let entry = buffer.popFirst() { if entry.shard != shard { kept.append(entry) } }
        buffer = kept
        outstanding.forget { $0 == shard }
    }

    /// Gives streams up whose partitions are all released.
    func release(_ partitions: [Partition]) async {
        _ = await exchange { await self.releaseAlone(partitions) }
    }

    private func releaseAlone(_ partitions: [Partition]) async {
        for partition in partitions { shards[topic.shard(of: partition)]?.released.insert(partition) }
        let freed = shards.filter { $0.value.released.isSuperset(of: topic.partitions(of: $0.key)) }.map(\.key)
        guard !freed.isEmpty, !hasLeft else { return }
        for shard in freed { drop(shard) }
        // If this fails, the server says that they are still this member's, and it is asked for them again.
        _ = try? await give(freed, leaves: false)
    }

    private func give(_ shards: [Int], leaves: Bool) async throws(RedisError) {
        var arguments = RedisCommand(member, leaves ? "1" : "0")
        for shard in shards { arguments.append(shard) }
        let keys = [topic.members(group), topic.owners(group)]
        _ = try await channel.commands.call(Scripts.release, keys: keys, arguments)
    }

    // MARK: Life

    /// Leaves the group; the next owners get what was not acknowledged.
    func leave() async {
        guard !hasLeft, !isClosed else { return }
        hasLeft = true
        channel.faults.forget(topic, group)
        if let timer { channel.loop.cancel(timer) }
        wakers.wakeAll()
        _ = await exchange {
            // Without this, the others notice by its silence.
            _ = try? await self.give(Array(0..<self.topic.streams.count), leaves: true)
        }
        (shards, buffer) = ([:], RingBuffer())
        outstanding = Outstanding()
        await reader.close()
    }

    func mayDeliver(_ entry: StreamEntry) -> Bool { shards[entry.shard]?.delivers == true }

    /// Ends every wait.
    func close() async {
        guard !isClosed else { return }
        isClosed = true
        if let timer { channel.loop.cancel(timer) }
        await reader.close()
        wakers.wakeAll()
    }
}

/// A stream that a member owns.
struct OwnedStream: Sendable {
    enum State: Sendable, Equatable {
        /// The caller was not told yet.
        case new
        /// What its earlier owner did not acknowledge is taken over, after that id.
        case recovering(after: String?)
        case live
        /// Other members wait for it; the caller was not told yet.
        case revoked
        /// The caller was asked to release it.
        case releasing
    }

    /// Differs each time that the stream is owned.
    let number: Int
    var state = State.new
    var released: Set<Partition> = []

    /// Whether its messages may be delivered.
    var delivers: Bool {
        switch state {
        case .recovering, .live: true
        case .new, .revoked, .releasing: false
        }
    }
}
