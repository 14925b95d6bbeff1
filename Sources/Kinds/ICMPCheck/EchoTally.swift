import Base
import Checks
import Datagrams
import Runtime

/// The results of the packets of one check.
struct EchoTally {
    var sent = 0
    private(set) var received = 0
    private var shortest = Duration.zero
    private var longest = Duration.zero
    private var total = Duration.zero
    private var last = Duration.zero
    private var differences = Duration.zero
    private var hopLimit: Int?
    /// The last problem of a packet that did not come back properly.
    var trouble: Trouble?

    enum Trouble {
        /// The network returned it.
        case refused(Datagram.Refusal)
        /// It came back with changed bytes.
        case damaged
        /// It could not be sent.
        case local(Errno)
    }

    /// Adds the round trip of a received reply.
    mutating func add(_ roundTrip: Duration, hopLimit: Int?) {
        if received > 0 { differences += roundTrip > last ? roundTrip - last : last - roundTrip }
        shortest = received == 0 ? roundTrip : min(shortest, roundTrip)
        longest = max(longest, roundTrip)
        total += roundTrip
        last = roundTrip
        received += 1
        if let hopLimit { self.hopLimit = hopLimit }
    }

    /// nil when nothing came back.
    var average: Duration? { received > 0 ? total / received : nil }
    private var jitter: Duration? { received > 1 ? differences / (received - 1) : nil }
    private var loss: Double { sent > 0 ? Double(sent - received) / Double(sent) : 0 }

    /// The facts that `ICMPKind.facts` declares.
    var facts: JSONObject {
        JSONObject([
            (key: "sent", value: .integer(Int64(sent))),
            (key: "received", value: .integer(Int64(received))),
            (key: "loss", value: .number(loss)),
            (key: "min_ms", value: Self.milliseconds(received > 0 ? shortest : nil)),
            (key: "avg_ms", value: Self.milliseconds(average)),
            (key: "max_ms", value: Self.milliseconds(received > 0 ? longest : nil)),
            (key: "jitter_ms", value: Self.milliseconds(jitter)),
            (key: "ttl", value: hopLimit.map { .integer(Int64($0)) } ?? .null),
        ])
    }

    /// To the microsecond.
    private static func milliseconds(_ duration: Duration?) -> JSONValue {
        duration.map { .number(Double($0.wholeNanoseconds / 1000) / 1000) } ?? .null
    }

    /// Why the check failed; nil when it did not.
    func failure(_ options: ICMPSettings.Options, peer: String) -> Outcome.Failure? {
        guard let average else { return nothingReceived(options, peer) }
        if loss > options.maximumLoss {
            let message =
                "\(sent - received) of \(sent) packets to \(peer) were lost (\(Self.percent(loss))), at most "
                + "\(Self.percent(options.maximumLoss)) may be" + (trouble.map { "; \($0.words)" } ?? "")
            return .init(.assertionAnswer, in: .assertion, message)
        }
        if let limit = options.maximumLatency, average > limit {
            let message =
                "the average round trip took \(Self.milliseconds(average).description) ms, at most "
                + "\(Self.milliseconds(limit).description) ms are allowed"
            return .init(.assertionLatency, in: .assertion, message)
        }
        return nil
    }

    private func nothingReceived(_ options: ICMPSettings.Options, _ peer: String) -> Outcome.Failure {
        switch trouble {
        case .refused(let refusal)?:
            return .init(refusal.isExpiry ? .icmpTTL : .icmpUnreachable, in: .request, "\(peer): \(refusal.words)")
        case .local(let error)? where error.saysNoRoute:
            return .init(.icmpUnreachable, in: .request, "\(peer): there is no route from here (\(error))")
        case .local(let error)?:
            return .init(.internalError, in: .internal, "no packet could be sent to \(peer): \(error)")
        case .damaged?:
            return .init(.answerMalformed, in: .request, "packets came back from \(peer) with other bytes than sent")
        case nil:
            let what = sent == 1 ? "the packet to \(peer) was" : "none of \(sent) packets to \(peer) was"
            let verb = sent == 1 ? "not answered" : "answered"
            return .init(
                .answerTimeout,
                in: .request,
                "timed out: \(what) \(verb) within \(options.timeout.text)"
            )
        }
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

extension EchoTally.Trouble {
    /// For people.
    var words: String {
        switch self {
        case .refused(let refusal): refusal.words
        case .damaged: "some came back with other bytes"
        case .local(let error): "\(error)"
        }
    }
}
