/// A one-way switch that asks a service to finish its work and return.
package final class GracefulShutdown: Sendable {
    private let asked = OneWaySwitch()

    package init() {}

    package var isTriggered: Bool { asked.isOn }

    /// Requests the shutdown; further calls do nothing.
    package func trigger() { asked.turnOn() }

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
