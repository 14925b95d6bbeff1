import Alerting
import Base
import Domain
import Testing

@Suite struct ChannelReportTests {
    private func channel(_ id: Int64, fault: String? = nil, isEnabled: Bool = true) -> Channel {
        var channel = Channel(
            id: ChannelID(rawValue: id),
            name: "c\(id)",
            kind: "webhook",
            settings: [:],
            createdAt: Timestamp(milliseconds: 0)
        )
        channel.fault = fault
        channel.isEnabled = isEnabled
        return channel
    }

    @Test func channelsThatCannotSendAreInTheHealthAndOnceInTheLog() throws {
        let health = Health()
        let log = RecordedLog()
        let report = ChannelReport(health: health, logger: Logger(label: "t", level: .debug, handler: log)) { $0.fault }
        report.report([channel(1), channel(2, fault: "asleep", isEnabled: false)])
        #expect(health.isHealthy)
        let broken = [channel(1), channel(2, fault: "sealed"), channel(3, fault: "unknown")]
        report.report(broken)
        report.report(broken)
        let text = "2 of 3 enabled channels cannot send; for example 'c2': sealed"
        #expect(health.snapshot.map(\.status) == [.degraded(text)])
        #expect(log.messages.count == 1 && log.messages[0].contains("channels cannot send"))
        report.report([channel(1)])
        #expect(health.isHealthy)
        report.report(broken)
        #expect(log.messages.count == 2)
    }
}
