/// Says that a service is ready: it has subscribed to all that it consumes, so that nothing sent to it is missed.
package final class Readiness: Sendable {
    private let reported = OneWaySwitch()

    package init() {}

    package var isReported: Bool { reported.isOn }

    /// Reports that the service is ready; further calls do nothing.
    package func report() { reported.turnOn() }

    /// Returns when the service is ready or the calling task is cancelled.
    package func wait() async { await reported.wait() }
}
