import Base

/// The hub's state behind its lock: the log, the readers and their queues.
struct LiveHubState {
    private let limits: LiveLimits
    private(set) var log: LiveLog
    private var index = LiveIndex()
    private var readers: [Int: LiveReader] = [:]
    private var lastReader = 0
    private var filteredMonitors = 0
    /// By topic: the number of its readers, and until when its events are kept without any.
    private var listeners = Array(repeating: 0, count: LiveTopic.allCases.count)
    private var lingers = Array(repeating: MonotonicTime(nanoseconds: .min), count: LiveTopic.allCases.count)
    private(set) var isClosed = false
    private(set) var dropped = 0

    init(lastID: UInt64, _ limits: LiveLimits) {
        self.limits = limits
        log = LiveLog(lastID: lastID, limits)
    }

    var readerCount: Int { readers.count }

    /// The topics whose events are to be kept.
    func keptTopics(at now: MonotonicTime) -> LiveTopics {
        var topics: LiveTopics = []
        for topic in LiveTopic.allCases where listeners[topic.position] > 0 || now < lingers[topic.position] {
            topics.insert(LiveTopics(topic))
        }
        return topics
    }

    // MARK: Readers

    /// Adds a reader; with `resume` it first gets the events after that id.
    mutating func enter(_ filter: LiveFilter, resume: UInt64?) throws(LiveError) -> (id: Int, last: UInt64) {
        if isClosed { throw .stopping }
        guard readers.count < limits.readers,
            filteredMonitors + (filter.monitors?.count ?? 0) <= limits.filteredMonitors
        else { throw .full }
        var reader = LiveReader(filter)
        if let resume, resume != log.lastID {
            if log.isWhole(after: resume, filter.topics) { reader.cursor = resume } else { reader.reset = log.lastID }
        }
        lastReader += 1
        readers[lastReader] = reader
        count(filter, 1)
        if reader.cursor == nil { index.insert(lastReader, filter) }
        return (lastReader, resume.flatMap { reader.reset == nil ? $0 : nil } ?? log.lastID)
    }

    /// Removes a reader; returns its waiter.
    mutating func leave(_ id: Int, at now: MonotonicTime) -> LiveReader.Waiter? {
        guard var reader = readers.removeValue(forKey: id) else { return nil }
        if reader.end == nil { retire(id, reader, at: now) }
        return reader.waiter.take()
    }

    /// A reader that gets no more events no longer counts as a listener.
    private mutating func retire(_ id: Int, _ reader: LiveReader, at now: MonotonicTime) {
        count(reader.filter, -1)
        if reader.cursor == nil { index.remove(id, reader.filter) }
        for topic in reader.filter.topics.topics where listeners[topic.position] == 0 {
            lingers[topic.position] = now + limits.linger
        }
    }

    private mutating func count(_ filter: LiveFilter, _ sign: Int) {
        for topic in filter.topics.topics { listeners[topic.position] += sign }
        filteredMonitors += sign * (filter.monitors?.count ?? 0)
    }

    /// Changes a reader's filter from now on; false when the hub's limit of filtered monitors is reached.
    mutating func change(_ id: Int, _ filter: LiveFilter, at now: MonotonicTime) -> Bool {
        guard var reader = readers[id], reader.end == nil else { return true }
        let more = (filter.monitors?.count ?? 0) - (reader.filter.monitors?.count ?? 0)
        guard more <= 0 || filteredMonitors + more <= limits.filteredMonitors else { return false }
        retire(id, reader, at: now)
        reader.filter = filter
        if let cursor = reader.cursor, !log.isWhole(after: cursor, filter.topics) {
            (reader.cursor, reader.reset) = (nil, log.lastID)
        }
        count(filter, 1)
        if reader.cursor == nil { index.insert(id, filter) }
        readers[id] = reader
        return true
    }

    // MARK: Taking

    /// The next delivery for a reader; nil when it has to wait.
    mutating func take(_ id: Int, at now: MonotonicTime) -> LiveDelivery? {
        guard var reader = readers.removeValue(forKey: id) else { return .ended(.cancelled) }
        defer { readers[id] = reader }
        if let end = reader.end { return .ended(end) }
        if let reset = reader.reset.take() { return .reset(reset) }
        while let cursor = reader.cursor {
            guard log.isWhole(after: cursor, reader.filter.topics) else {
                end(id, &reader, .slow, at: now)
                return .ended(.slow)
            }
            let (events, through) = log.read(after: cursor, reader.filter)
            reader.cursor = through
            if through == log.lastID {
                reader.cursor = nil
                index.insert(id, reader.filter)
            }
            if !events.isEmpty { return .events(events) }
        }
        let events = reader.takeWaiting()
        if !events.isEmpty { return .events(events) }
        defer { reader.isWoken = false }
        return reader.isWoken ? .woken : nil
    }

    /// Ends the wait of a reader.
    mutating func wake(_ id: Int) -> LiveReader.Waiter? {
        readers[id]?.isWoken = true
        return takeWaiter(id)
    }

    /// Keeps a waiter to resume it when there is a delivery; false when there is one already.
    mutating func wait(_ id: Int, _ waiter: LiveReader.Waiter) -> Bool {
        guard readers[id]?.isReady == false else { return false }
        precondition(readers[id]?.waiter == nil, "one task may wait for a reader's events at a time")
        readers[id]?.waiter = waiter
        return true
    }

    /// Stops waiting.
    mutating func takeWaiter(_ id: Int) -> LiveReader.Waiter? { readers[id]?.waiter.take() }

    private mutating func end(_ id: Int, _ reader: inout LiveReader, _ end: LiveEnd, at now: MonotonicTime) {
        retire(id, reader, at: now)
        reader.end = end
        reader.cursor = nil
        reader.discardWaiting()
        if end == .slow { dropped += 1 }
    }

    // MARK: Publishing

    /// Gives ids to a batch, keeps its encoded events and queues them for readers; returns the waiters to resume.
    mutating func publish(
        _ batch: LiveBatch,
        _ drafts: [LiveTopic: [LiveDraft]],
        at now: MonotonicTime
    ) -> [LiveReader.Waiter] {
        var resumed: [LiveReader.Waiter] = []
        // A reader with room when the batch comes gets all of it; a full one is asked only once.
        var isRoomy: [Int: Bool] = [:]
        for topic in LiveTopic.deliveryOrder {
            guard let drafts = drafts[topic] else {
                log.pass(batch.count(topic), of: topic)
                continue
            }
            for event in log.append(drafts) { hand(event, &isRoomy, &resumed, at: now) }
        }
        return resumed
    }

    private mutating func hand(
        _ event: LiveEvent,
        _ isRoomy: inout [Int: Bool],
        _ resumed: inout [LiveReader.Waiter],
        at now: MonotonicTime
    ) {
        var found: [Int] = []
        index.forEach(event) { found.append($0) }
        for id in found {
            guard let isWanted = readers[id]?.filter.topics.contains(event.topic), isWanted else { continue }
            if isRoomy[id] == nil { isRoomy[id] = readers[id]?.isBehind(limits) == false }
            if isRoomy[id] == true {
                readers[id]?.push(event)
            } else if var reader = readers.removeValue(forKey: id) {
                end(id, &reader, .slow, at: now)
                readers[id] = reader
            }
            if let waiter = readers[id]?.waiter.take() { resumed.append(waiter) }
        }
    }

    // MARK: Closing

    /// Ends all subscriptions; returns the waiters to resume.
    mutating func close(at now: MonotonicTime) -> [LiveReader.Waiter] {
        isClosed = true
        var resumed: [LiveReader.Waiter] = []
        for (id, var reader) in readers {
            if reader.end == nil { end(id, &reader, .stopping, at: now) }
            if let waiter = reader.waiter.take() { resumed.append(waiter) }
            readers[id] = reader
        }
        return resumed
    }
}

extension LiveTopic {
    /// The order of topics within a batch: causes before effects.
    static let deliveryOrder: [LiveTopic] = [.result, .monitor, .incident]
}
