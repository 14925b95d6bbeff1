package import Base

/// Why a stored machine cannot be parsed.
package struct RuleMachineFormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, without the value.
    package let reason: String

    package var description: String { "stored rule state: \(reason)" }
}

/// The stored form: `{"v":1,"at":…,"ok":…,"bad":…,"cond":[">",80],"over":true,"none":{…},"series":[[[labels…],{…}]]}`.
///
/// Times are milliseconds since 1970. A state is `{"p":since}` or `{"f":[since,notified,quiet?]}` with `"x":value` and
/// `"nan":true`. Labels are alternating names and values. False, missing and empty values are omitted.
extension RuleMachine {
    package var json: JSONValue {
        var object = JSONObject([("v", 1)])
        object["at"] = evaluatedAt.map { .integer($0.milliseconds) }
        object["ok"] = answeredAt.map { .integer($0.milliseconds) }
        object["bad"] = failingSince.map { .integer($0.milliseconds) }
        object["cond"] = condition.map { [.string($0.comparison.rawValue), .number($0.threshold)] }
        if isOverflowing { object["over"] = true }
        if missing != SeriesState() { object["none"] = missing.json }
        if !series.isEmpty {
            let pairs = series.sorted { $0.key < $1.key }.map { key, state -> JSONValue in
                [.array(key.labels.flatMap { [.string($0.name), .string($0.value)] }), state.json]
            }
            object["series"] = .array(pairs)
        }
        return .object(object)
    }

    /// Parses the form written by `json`, and nothing else.
    ///
    /// Throws `RuleMachineFormatError` for another version, an unknown member or a value out of bounds.
    package init(json: JSONValue) throws(RuleMachineFormatError) {
        self.init()
        guard case .object(let object) = json else { throw .init(reason: "no object") }
        guard object["v"] == 1 else { throw .init(reason: "unknown version") }
        for (name, value) in object.members {
            switch name {
            case "v": break
            case "at": evaluatedAt = try Timestamp(stored: value)
            case "ok": answeredAt = try Timestamp(stored: value)
            case "bad": failingSince = try Timestamp(stored: value)
            case "cond": condition = try Condition(json: value)
            case "over":
                guard value == true else { throw .init(reason: "\"over\" is not true") }
                isOverflowing = true
            case "none": missing = try SeriesState(json: value)
            case "series": series = try Self.series(value)
            default: throw .init(reason: "unknown member")
            }
        }
    }

    private static func series(_ json: JSONValue) throws(RuleMachineFormatError) -> [SeriesKey: SeriesState] {
        guard let pairs = json.arrayValue, pairs.count <= ThresholdRule.Limits.maximumSeries.upperBound else {
            throw .init(reason: "\"series\" is no array, or too long")
        }
        var series: [SeriesKey: SeriesState] = [:]
        for pair in pairs {
            guard let pair = pair.arrayValue, pair.count == 2, let words = pair[0].arrayValue, words.count % 2 == 0
            else { throw .init(reason: "a series is no pair of labels and state") }
            var labels: [SeriesKey.Label] = []
            for index in stride(from: 0, to: words.count, by: 2) {
                guard let name = words[index].stringValue, let value = words[index + 1].stringValue else {
                    throw .init(reason: "a label is no text")
                }
                labels.append(SeriesKey.Label(name, value))
            }
            guard let key = SeriesKey(labels), key.labels.count == labels.count else {
                throw .init(reason: "labels are no key")
            }
            let state = try SeriesState(json: pair[1])
            guard !state.isIdle, series.updateValue(state, forKey: key) == nil else {
                throw .init(reason: "a series is idle, or stands twice")
            }
        }
        return series
    }
}

extension RuleMachine.Condition {
    fileprivate init(json: JSONValue) throws(RuleMachineFormatError) {
        guard let parts = json.arrayValue, parts.count == 2, let text = parts[0].stringValue,
            let comparison = Comparison(text: text), let threshold = parts[1].doubleValue
        else { throw .init(reason: "\"cond\" is no comparison and threshold") }
        self.init(comparison: comparison, threshold: threshold)
    }
}

extension SeriesState {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        switch phase {
        case .calm: break
        case .pending(let since): object["p"] = .integer(since.milliseconds)
        case .firing(let since, let notifiedAt, let quietSince):
            object["f"] = .array([since, notifiedAt, quietSince].compactMap { $0 }.map { .integer($0.milliseconds) })
        }
        object["x"] = value.map(JSONValue.number)
        if isNotANumber { object["nan"] = true }
        return .object(object)
    }

    fileprivate init(json: JSONValue) throws(RuleMachineFormatError) {
        self.init()
        guard case .object(let object) = json else { throw .init(reason: "a state is no object") }
        for (name, value) in object.members {
            switch name {
            case "p" where phase == .calm: phase = .pending(since: try Timestamp(stored: value))
            case "f" where phase == .calm:
                guard let times = value.arrayValue, (2...3).contains(times.count) else {
                    throw .init(reason: "\"f\" has not two or three times")
                }
                let quietSince = times.count == 3 ? try Timestamp(stored: times[2]) : nil
                phase = .firing(
                    since: try Timestamp(stored: times[0]),
                    notifiedAt: try Timestamp(stored: times[1]),
                    quietSince: quietSince
                )
            case "x":
                guard let number = value.doubleValue else { throw .init(reason: "\"x\" is no number") }
                self.value = number
            case "nan":
                guard value == true else { throw .init(reason: "\"nan\" is not true") }
                isNotANumber = true
            default: throw .init(reason: "unknown or second member of a state")
            }
        }
    }
}

extension Timestamp {
    /// Years 1970 to 9999.
    fileprivate init(stored json: JSONValue) throws(RuleMachineFormatError) {
        guard let value = json.integerValue, (0...253_402_300_799_999).contains(value) else {
            throw RuleMachineFormatError(reason: "a time is out of range")
        }
        self.init(milliseconds: value)
    }
}
