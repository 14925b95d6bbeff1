import Base

/// The normal form of the parameters of SVCB and HTTPS records (RFC 9460 §2.1).
enum ServiceParameterText {
    /// The parameters in the order of their keys, as in messages, with values without quotes.
    static func normal(_ words: [String]) -> [String] {
        let parameters = words.map { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (key: parts[0].lowercased(), value: parts.count > 1 ? ZoneText.value(parts[1]) : "")
        }
        let sorted = parameters.sorted { number($0.key) < number($1.key) }
        return sorted.map { key, value in
            let name = ServiceParameters.number(of: key).map(ServiceParameters.name) ?? key
            return value.isEmpty ? name : "\(name)=\(normal(value, number(key)))"
        }
    }

    /// Keys that are not valid come last.
    private static func number(_ key: String) -> Int { ServiceParameters.number(of: key) ?? .max }

    private static func normal(_ value: String, _ key: Int) -> String {
        switch key {
        case 0:
            let keys = list(value).sorted { number($0.lowercased()) < number($1.lowercased()) }
            return keys.map { ServiceParameters.number(of: $0.lowercased()).map(ServiceParameters.name) ?? $0 }
                .joined(separator: ",")
        case 3: return UInt16(value)?.description ?? value
        case 4, 6: return list(value).map { IPAddress($0)?.description ?? $0 }.joined(separator: ",")
        default: return value
        }
    }

    private static func list(_ value: String) -> [String] {
        value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}
