import API
import Base
import Broker
import Domain
import HTTPServer
import Pipeline
import SQL
import Storage
import Testing

/// What clients see when parts of the program do not work.
@Suite struct FailureTests {
    @Test(arguments: [
        (Method.get, "/api/domains/"), (.get, "/api/domains/1"), (.post, "/api/domains/"), (.get, "/api/v1/monitors"),
        (.post, "/api/v1/monitors"), (.put, "/api/v1/monitors/1"), (.patch, "/api/v1/monitors/1"),
        (.delete, "/api/v1/monitors/1"), (.get, "/api/v1/monitors/1/history"), (.get, "/api/monitoring/1/history"),
        (.post, "/api/monitoring/1/check"), (.get, "/api/v1/monitors/1/results/5"),
    ])
    func unavailableStoreIsAnswered503(method: Method, path: String) async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        await app.database.close()
        let body: JSONValue? = [.post, .put, .patch].contains(method) ? ["name": "B", "url": "http://b/"] : nil
        let answer = await app.send(method, path, path.hasSuffix("check") ? nil : body)
        #expect(answer.status == 503, "\(answer)")
        #expect(answer.headers["Retry-After"] == "5")
        #expect(
            answer.json["detail"] == "The store is not available: the database cannot be opened or reached; try again"
        )
        #expect(app.broker.events.count == 1)
    }

    @Test func internalErrorsShowOnlyAnErrorNumber() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        _ = try await app.database.execute("DROP TABLE results", [])
        let answer = await app.send(.get, "/api/monitoring/1/history")
        #expect(answer.status == 500)
        let id = try #require(answer.headers["X-Request-ID"])
        #expect(answer.json["detail"]?.stringValue?.contains(id) == true)
        for word in ["results", "SELECT", "SQL", "table"] { #expect(!answer.text.contains(word)) }
        let record = try #require(app.log.records.first)
        #expect(record.metadata.pairs.contains { $0.key == "request_id" && $0.value == id })
        #expect(record.metadata.pairs.contains { $0.key == "cause" && $0.value.contains("results") })
    }

    @Test func tasksShowTheirState() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        let id = await app.send(.post, "/api/monitoring/1/check").json["task_id"]?.stringValue ?? ""
        await app.tasks.update(id, .running)
        let running = await app.send(.get, "/api/tasks/\(id)/").json
        #expect(running["status"] == "STARTED" && running["state"] == "running" && running["monitor_id"] == 1)
        var outcome = Outcome(failure: .init(.timeoutFirstByte, in: .firstByte, "timed out"), latency: .seconds(1))
        outcome.remoteAddress = "127.0.0.1:9"
        let start = Timestamp(milliseconds: 1_763_615_377_000)
        let result = CheckResult(
            monitorID: MonitorID(rawValue: 1),
            region: .local,
            scheduledAt: start,
            checkedAt: start,
            outcome: outcome,
            taskID: id
        )
        await app.tasks.update(id, .finished(result))
        let done = await app.send(.get, "/api/tasks/\(id)").json
        #expect(done["status"] == "SUCCESS" && done["state"] == "finished" && done["error"] == .null)
        #expect(done["date_done"] == "2025-11-20T05:09:38.000Z")
        #expect(done["result"]?["reason"] == "timeout_first_byte")
        #expect(done["result"]?["status"] == "TIMEOUT")
        #expect(done["result"]?["monitor_name"] == "Shop")
        _ = await app.send(.delete, "/api/v1/monitors/1")
        let orphan = await app.send(.get, "/api/tasks/\(id)").json
        #expect(orphan["result"]?["monitor_name"] == .null && orphan["result"]?["reason"] == "timeout_first_byte")

        await app.createMonitor()
        app.broker.refuse(.unavailable(reason: "gone"))
        #expect(await app.send(.post, "/api/monitoring/2/check").status == 503)
    }

    /// Publishing would last until the broker's time limit.
    @Test func checkIsRefusedAtOnceWhileTheBrokerIsKnownToBeAway() async throws {
        let app = try await TestApplication()
        await app.createMonitor()
        app.broker.say(outage: "Kafka at 127.0.0.1:9092: does not answer")
        let answer = await app.send(.post, "/api/v1/monitors/1/check")
        #expect(answer.status == 503 && answer.headers["Retry-After"] == "5", "\(answer)")
        #expect(app.broker.jobs.isEmpty)
    }

    @Test func failedTasksShowTheirReason() async throws {
        let app = try await TestApplication()
        _ = await app.tasks.create("t", monitor: MonitorID(rawValue: 1), at: .now)
        await app.tasks.update("t", .failed("the check could not be queued"))
        let task = await app.send(.get, "/api/tasks/t").json
        #expect(task["status"] == "FAILURE" && task["state"] == "failed")
        #expect(task["error"] == "the check could not be queued")
    }
}
