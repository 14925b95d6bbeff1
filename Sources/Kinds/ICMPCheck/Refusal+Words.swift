import Base
import Datagrams
import Runtime

extension Datagram.Refusal {
    /// Whether the hop limit (TTL) expired on the way.
    var isExpiry: Bool {
        switch icmp {
        case let icmp? where icmp.family == .v4: icmp.type == 11
        case let icmp?: icmp.type == 3
        case nil: false
        }
    }

    /// The network's answer in words, with its numbers.
    var words: String {
        guard let icmp else { return "the packet was not sent (\(Errno("sendto", code: code)))" }
        return "\(icmp.words) (ICMP\(icmp.family == .v6 ? "v6" : "") type \(icmp.type) code \(icmp.code))"
    }
}

extension Datagram.ICMPCode {
    fileprivate var words: String {
        switch (family, type, code) {
        case (.v4, 3, 0), (.v4, 3, 6): "the network is unreachable"
        case (.v4, 3, 1), (.v4, 3, 7): "the host is unreachable"
        case (.v4, 3, 2): "the host does not speak ICMP"
        case (.v4, 3, 3), (.v6, 1, 4): "the port is unreachable"
        case (.v4, 3, 4), (.v6, 2, _): "the packet is too large and may not be cut"
        case (.v4, 3, 9), (.v4, 3, 10), (.v4, 3, 13), (.v6, 1, 1): "a filter forbids it"
        case (.v4, 3, _), (.v6, 1, _): Self.v6Unreachable(code)
        case (.v4, 11, 1), (.v6, 3, 1): "a fragment got lost"
        case (.v4, 11, _), (.v6, 3, _): "the hop limit (TTL) ran out on the way"
        default: "the network refused the packet"
        }
    }

    private static func v6Unreachable(_ code: UInt8) -> String {
        switch code {
        case 0: "there is no route to it"
        case 3: "the host is unreachable"
        case 5, 6: "a filter forbids it"
        default: "it is unreachable"
        }
    }
}
