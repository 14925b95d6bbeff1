import Alerting
import Base
import Broker
import Domain
import TestSupport
import Testing

/// Signals to the sender of notifications, as messages.
@Suite struct SenderSignalTests {
    @Test(arguments: [.wake, .channelsChanged, .works(ChannelID(rawValue: 9))] as [SenderSignal])
    func everySignalIsReadBack(_ signal: SenderSignal) throws {
        let codec = MessageCodec<SenderSignal>.senderSignals
        #expect(try codec.decode(codec.encode(signal)) == signal)
    }

    @Test func signalsOfANewerReleaseWake() throws {
        #expect(try MessageCodec<SenderSignal>.senderSignals.decode(Array("{\"signal\":\"new\"}".utf8)) == .wake)
    }

    @Test(arguments: ["", "7", "{}", "{\"signal\":\"works\"}", "{\"signal\":\"works\",\"channel_id\":\"x\"}"])
    func garbageIsRefused(_ text: String) {
        #expect(throws: MessageError.self) { try MessageCodec<SenderSignal>.senderSignals.decode(Array(text.utf8)) }
    }

    @Test(arguments: [.rule(AlertRuleID(rawValue: 3)), .server(ServerID(rawValue: 4))] as [RuleEvent])
    func changesOfRulesAreReadBack(_ event: RuleEvent) throws {
        let codec = MessageCodec<RuleEvent>.ruleEvents
        #expect(try codec.decode(codec.encode(event)) == event)
        #expect(throws: MessageError.self) { try codec.decode(Array("{}".utf8)) }
    }
}
