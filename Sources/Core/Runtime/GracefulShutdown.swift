import Base

/// A one-way switch that asks a service to finish its work and return.
package final class GracefulShutdown: Sendable {
    private let asked = OneWaySwitch()
    private let stage = Locked("nothing has ended yet")

    package init() {}

    package var isTriggered: Bool { asked.isOn }

    /// Requests the shutdown; further calls do nothing.
    package func trigger() { asked.turnOn() }

    /// Notes what the shutdown waits for now.
    package func note(_ stage: String) { self.stage.withLock { $0 = stage } }

    /// What the shutdown waits for, in words.
    package var waitsFor: String { stage.withLock { $0 } }

    /// Returns when the shutdown is requested or the calling task is cancelled.
    package func wait() async { await asked.wait() }

    /// Sleeps until `duration` has passed or the shutdown is requested; false in the latter case.
    package func sleep(for duration: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await Task.sleep(for: duration)
                    return true
                } catch {
                    return false
                }
            }
            group.addTask {
                await self.wait()
                return false
            }
            let slept = await group.next() ?? false
            group.cancelAll()
            return slept && !isTriggered
        }
    }
}
