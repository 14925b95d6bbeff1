import Alerting
import Domain
import HTTPCheck
import Runtime

extension CanaryWatch where C == ContinuousClock {
    /// Watches canaries with the prober on its own loop; nil when there are none.
    ///
    /// A canary counts as reached once connected, whatever it answers.
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
