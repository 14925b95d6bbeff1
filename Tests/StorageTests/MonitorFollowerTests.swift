import Base
import Domain
import SQL
import Storage
import TestSupport
import Testing

/// The store decides, whatever events were received, in any order.
@Suite struct MonitorFollowerTests {
    private static func follower(_ store: Store) async -> MonitorFollower<ContinuousClock> {
        let follower = MonitorFollower(monitors: store.monitors, clock: ContinuousClock())
        await follower.begin()
        return follower
    }

    @Test func missedChangesAreReadFromTheStore() async throws {
        let store = try await Store(.sqlite)
        let (first, second) = (try await store.add(1), try await store.add(2))
        let follower = await Self.follower(store)
        let paused = try await store.monitors.update(first.id, now: .start) { $0.isActive = false }
        _ = try await store.monitors.delete(second.id, now: .start)
        var heard: [MonitorEvent] = []
        try await follower.refresh { heard.append($0) }
        #expect(heard == [.changed(paused), .deleted(second.id)])
        heard = []
        try await follower.refresh { heard.append($0) }
        #expect(heard.isEmpty)
    }

    @Test func lateAndRepeatedEventsChangeNothing() async throws {
        let store = try await Store(.sqlite)
        let monitor = try await store.add(1)
        let follower = await Self.follower(store)
        // A page was read, then the monitor was paused.
        let paused = try await store.monitors.update(monitor.id, now: .start) { $0.isActive = false }
        #expect(follower.admits(.changed(paused)))
        #expect(!follower.isCurrent(monitor) && follower.isCurrent(paused))
        #expect(!follower.admits(.changed(monitor)) && !follower.admits(.changed(paused)))
        #expect(follower.admits(.deleted(monitor.id)) && !follower.admits(.changed(paused)))
    }

    @Test func unreadableMonitorDelaysNoOther() async throws {
        let store = try await Store(.sqlite)
        let follower = await Self.follower(store)
        let (first, second) = (try await store.add(1), try await store.add(2))
        _ = try await store.database.execute("UPDATE monitors SET settings = '9' WHERE id = 1")
        var heard: [MonitorEvent] = []
        try await follower.refresh { heard.append($0) }
        #expect(heard == [.changed(second)])
        let mended = try await store.monitors.overwrite(first.id, .sample(1), now: .start)
        heard = []
        try await follower.refresh { heard.append($0) }
        #expect(heard == [.changed(mended)])
    }
}
