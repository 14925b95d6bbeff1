import Base
import Domain
import HTTPCheck
import Broker
import Messages
import PushCheck
import Storage
import TestSupport
import Testing

/// What brokers carry as bytes reads as what was sent, and anything else is refused without harm.
@Suite struct MessageCodecTests {
    private static let kinds = CheckKinds([HTTPKind.self, PushKind.self])
    private static let results = MessageCodec<CheckResult>.results(
        kinds: kinds,
        regions: RegionNaming { "region \($0.rawValue)" }
    )
    private static let settings = CheckSettingsColumn(
        kinds: kinds,
        seal: SettingsSeal(seal: { text, _ in String(text.reversed()) }) { text, _ in String(text.reversed()) }
    )
    private static let jobs = MessageCodec<CheckJob>.checkJobs(
        SpecCodec(encode: { settings.encode($0) }) { text, kind throws(FieldError) in
            try settings.decode(text, kind: kind)
        }
    )

    private static func random(_ random: inout SeededGenerator) -> CheckResult {
        let time = Timestamp(milliseconds: Int64.random(in: 0...2_000_000_000_000, using: &random))
        var result = CheckResult.random(MonitorID(rawValue: .random(in: 1...(.max), using: &random)), at: time, &random)
        if Bool.random(using: &random) { result.kind = KindReference(HTTPKind.self) }
        if Bool.random(using: &random) {
            let bytes = (0..<Int.random(in: 0...4096, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            result.outcome.evidence = .init(headers: [.init(name: "Server", value: "ü\"\n")], body: bytes)
        }
        if Bool.random(using: &random) { result.outcome.facts = JSONObject([("rcode", "NXDOMAIN"), ("n", 3)]) }
        if Bool.random(using: &random) { result.outcome.phases.request = .microseconds(17) }
        return result
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func resultsReadAsTheyWereSent(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let result = Self.random(&random)
        #expect(try Self.results.decode(Self.results.encode(result)) == result, "seed \(seed)")
    }

    @Test func resultsHaveTheMembersThatConsumersHaveAlwaysRead() throws {
        var outcome = Outcome(latency: .microseconds(12_345))
        outcome.statusCode = 503
        outcome.failure = .init(.httpStatus, in: .assertion, "status 503")
        let due = Timestamp(milliseconds: 1_795_000_000_000)
        let result = CheckResult(
            monitorID: MonitorID(rawValue: 7),
            region: .local,
            scheduledAt: due,
            checkedAt: due + .milliseconds(2),
            outcome: outcome,
            url: "https://shop.example/",
            kind: HTTPKind.self
        )
        let json = try JSONValue(parsing: Self.results.encode(result))
        #expect(json["monitor_id"] == 7)
        #expect(json["url"] == "https://shop.example/")
        #expect(json["timestamp"]?.stringValue == String((due + .milliseconds(2)).description.dropLast()) + "000")
        #expect(json["is_up"] == false)
        #expect(json["status_code"] == 503)
        #expect(json["latency_ms"] == 12.345)
        #expect(json["error"] == "status 503")
        #expect(json["kind"] == "http" && json["reason"] == "http_status" && json["region"] == "region 0")
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func damagedResultsAreRefusedAndUnknownMembersPassedOver(_ seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        let result = Self.random(&random)
        let bytes = Self.results.encode(result)
        guard case .object(let object) = try JSONValue(parsing: bytes) else { return _ = Issue.record("no object") }
        var newer = object
        newer["from_a_later_release"] = ["x": 1]
        #expect(try Self.results.decode(Array(JSONValue.object(newer).description.utf8)) == result)
        let values: [JSONValue] = [.null, -1, 1e300, "", "x", [], [:], .integer(.max), .integer(.min), true]
        for (name, _) in object.members {
            for value in values {
                var damaged = object
                damaged[name] = value
                // Whatever it says: it must not trap, and what it gives must be readable again.
                guard let read = try? Self.results.decode(Array(JSONValue.object(damaged).description.utf8)) else {
                    continue
                }
                #expect(try Self.results.decode(Self.results.encode(read)) == read, "\(name): \(value)")
            }
        }
        for length in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: MessageError.self) { try Self.results.decode(Array(bytes[..<length])) }
        }
    }

    @Test func jobsReadAsTheyWereSentAndTheirSecretsStaySealed() throws {
        let spec = try Self.kinds.spec(
            kind: "http",
            JSONObject([("url", "https://shop.example/"), ("headers", ["Authorization": "Bearer geheim-4711"])])
        )
        var job = CheckJob(
            monitorID: MonitorID(rawValue: 9),
            revision: 4,
            region: Region(RegionID(rawValue: 3), try #require(RegionName(rawValue: "eu"))),
            scheduledAt: Timestamp(milliseconds: 1_795_000_000_001),
            expiresAt: Timestamp(milliseconds: 1_795_000_060_001),
            spec: spec
        )
        #expect(try Self.jobs.decode(Self.jobs.encode(job)) == job)
        job.taskID = "a task"
        let bytes = Self.jobs.encode(job)
        #expect(try Self.jobs.decode(bytes) == job)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("geheim-4711"))
        #expect(throws: MessageError("kind is no text")) { try Self.jobs.decode(Array(#"{"settings":"2{}"}"#.utf8)) }
        #expect(throws: MessageError.self) { try Self.jobs.decode(Array("[]".utf8)) }
    }

    @Test func changesOfMonitorsSayOnlyThatThereWasOne() throws {
        let monitor = Monitor(
            id: MonitorID(rawValue: 5),
            name: "shop",
            spec: CheckSpec.http("https://shop.example/"),
            interval: .seconds(60),
            isActive: true,
            tags: [],
            createdAt: Timestamp(milliseconds: 0),
            updatedAt: Timestamp(milliseconds: 0),
            revision: 1
        )
        let codec = MessageCodec<MonitorEvent>.monitorEvents
        let changed = codec.encode(.changed(monitor))
        #expect(try codec.decode(changed) == nil)
        #expect(!String(decoding: changed, as: UTF8.self).contains("shop"))
        #expect(try codec.decode(codec.encode(.deleted(monitor.id))) == .deleted(monitor.id))
        let wanted = Confirmation(monitorID: monitor.id, at: Timestamp(milliseconds: 77))
        #expect(try MessageCodec.confirmations.decode(MessageCodec.confirmations.encode(wanted)) == wanted)
        let slices = [
            ConnectivityGuard.Report.Slice(7, reached: 3), .init(8, reached: 0, fallen: [1, .max], lost: [2]),
        ]
        let report = ConnectivityGuard.Report(
            from: "a",
            slices,
            reachedAt: Timestamp(milliseconds: .min),
            canaries: (3, 1),
            newest: 8
        )
        #expect(try MessageCodec.connectivity.decode(MessageCodec.connectivity.encode(report)) == report)
        let maintenance = MaintenanceChanged(id: 3)
        #expect(
            try MessageCodec.maintenanceChanges.decode(MessageCodec.maintenanceChanges.encode(maintenance))
                == maintenance
        )
    }
}
