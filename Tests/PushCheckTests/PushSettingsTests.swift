import Base
import Domain
import PushCheck
import Testing

@Suite("Settings of push checks") struct PushSettingsTests {
    private func applied(_ body: JSONValue) -> (settings: PushSettings, faults: [String]) {
        var errors: [FieldError] = []
        let settings = PushKind.apply(body, to: PushKind.blank, stored: nil, &errors)
        return (settings, errors.map(\.field))
    }

    @Test(
        "a token is a UUID in any case, or letters and digits",
        arguments: [
            ("0B0E7A0E-6F0A-4F0C-9D2F-3A1F8E6B5C4D", "0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d"),
            ("aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB", "aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB"),
            ("short", nil), ("0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4", nil), ("0b0e7a0e_6f0a_4f0c_9d2f_3a1f8e6b5c4d", nil),
            ("../../../../etc/passwd", nil), ("", nil), ("äääääääääääääääääääää", nil),
        ]
    )
    func tokens(_ text: String, _ token: String?) {
        #expect(PushToken.normalized(text) == token)
    }

    @Test("the server issues a token and keeps it over changes that omit it") func token() throws {
        let first = PushKind.prepared(PushSettings(), stored: nil)
        let other = PushKind.prepared(PushSettings(), stored: nil)
        let token = try #require(first.token)
        #expect(PushToken.normalized(token) == token && other.token != token)
        #expect(PushKind.prepared(PushSettings(), stored: first).token == token)
        #expect(PushKind.prepared(other, stored: first).token == other.token)
        #expect(PushKind.target(of: first) == "push/\(token)")
    }

    @Test("a period and cron exclude each other; a zone must exist") func conflicts() {
        #expect(applied(["period": 300, "grace": 30]).faults == [])
        #expect(applied(["cron": "0 3 * * *", "time_zone": "Europe/Berlin"]).faults == [])
        #expect(applied(["cron": "0 3 * * *", "period": 60]).faults == ["cron"])
        #expect(applied(["cron": "0 3 * * *", "time_zone": "Europe/Atlantis"]).faults == ["time_zone"])
    }

    @Test("without a period the monitor's interval counts") func interval() {
        let schedule = PushSettings().schedule(interval: .seconds(90)) { _ in .utc }
        #expect(schedule == PushSchedule(.period(.seconds(90)), grace: .seconds(60)))
        var settings = PushSettings()
        settings.options.period = .seconds(300)
        #expect(settings.schedule(interval: .seconds(90)) { _ in .utc }.rule == .period(.seconds(300)))
    }

    @Test("stored settings round-trip") func storage() throws {
        var settings = PushKind.prepared(PushSettings(), stored: nil)
        settings.options.cron = try CronExpression("*/5 * * * *")
        settings.options.timeZone = "Europe/Berlin"
        settings.options.grace = .seconds(7)
        settings.options.methods = .post
        #expect(try PushKind.spec(PushKind.object(settings)) == CheckSpec(settings))
    }

    @Test("push monitors have no prober") func passive() { #expect(!PushKind.isActive) }
}
