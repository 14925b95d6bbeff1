import Base
import Testing

/// Whether a process does its work.
@Suite struct HealthTests {
    @Test func processIsReadyWhileWhatItNeedsWorks() {
        let health = Health()
        health.needs = ["database"]
        #expect(!health.readiness.isReady && health.readiness.reason == nil)
        health.isReady = true
        #expect(health.readiness.isReady)
        health.set("redis", .failing("away"))
        #expect(health.readiness.isReady && health.readiness.reason == nil, "it is not needed")
        health.set("database", .degraded("slow"))
        #expect(health.readiness.isReady)
        health.set("database", .failing("gone"))
        #expect(!health.readiness.isReady && health.readiness.reason == "database: gone")
        health.set("database", .ok)
        #expect(health.readiness.isReady)
        health.isReady = false
        #expect(health.readiness.reason == "redis: away", "a process that starts says what fails, needed or not")
    }
}
