import Alerting
import Domain
import HTTPCheck
import Runtime

extension CanaryWatch where C == ContinuousClock {
    /// Watches by the prober, on a loop of its own; nil when there is nothing to watch.
    ///
    /// Whatever a canary answers, and though it answers nothing once connected, it was reached.
    static func probing(_ canaries: [String], _ configuration: ProbeConfiguration) throws -> CanaryWatch? {
        guard !canaries.isEmpty else { return nil }
        let runner = ProbeRunner(loop: try EventLoop(name: "canaries"), configuration: configuration)
        return CanaryWatch(canaries, clock: ContinuousClock()) { canary in
            var spec = HTTPSettings(url: "http://\(canary)/")
            spec.options.method = "HEAD"
            spec.options.timeout = .seconds(5)
            spec.options.followsRedirects = false
            let failure = await runner.run(CheckSpec(spec)).failure
            return failure?.phase != .dns && failure?.phase != .connect || failure?.reason == .connectRefused
        }
    }
}
