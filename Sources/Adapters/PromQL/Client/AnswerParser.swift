package import Base
package import Domain

/// Parses answers of Prometheus' HTTP API (`/api/v1`), strictly where it matters.
///
/// Unknown members are ignored: compatible servers add some.
package struct AnswerParser: Sendable {
    private static let maximumDepth = 24
    private static let maximumWords = 500

    /// The most series in an answer; a larger one is refused.
    package var maximumSeries: Int

    package init(maximumSeries: Int) { self.maximumSeries = maximumSeries }

    /// The samples in the answer to an instant query; throws when the answer is invalid or the server reports an error.
    package func answer(
        status: Int,
        contentType: String?,
        body: [UInt8],
        query: String
    ) throws(QueryError) -> PrometheusAnswer {
        let json = try success(status: status, contentType: contentType, body: body, query: query)
        guard let data = json["data"], let kind = data["resultType"]?.stringValue, let result = data["result"] else {
            throw .malformed("there is no data with resultType and result")
        }
        let samples: [Sample]
        switch kind {
        case "vector": samples = try vector(result)
        case "scalar": samples = [Sample(.empty, try value(result, "the scalar"))]
        case "string": throw .badQuery("the query gives a text, which cannot be compared", nil)
        case "matrix":
            let advice = "drop the range selector, or put it into a function such as avg_over_time()"
            throw .badQuery("the query gives ranges of samples (a matrix), which cannot be compared; \(advice)", nil)
        default: throw .malformed("unknown resultType \(SeriesKey.quoted(Self.bounded(kind, 40)))")
        }
        return PrometheusAnswer(samples: samples, warnings: Self.warnings(json))
    }

    /// The whole answer, if it reports success.
    ///
    /// Throws `.unauthorized` for 401 and 403, `.badQuery`, `.timeout` and `.unreachable` as the server reports them,
    /// and `.malformed` for a body that is not an answer of Prometheus.
    package func success(
        status: Int,
        contentType: String?,
        body: [UInt8],
        query: String
    ) throws(QueryError) -> JSONValue {
        if status == 401 || status == 403 { throw .unauthorized }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: body, maximumDepth: Self.maximumDepth)
        } catch {
            throw Self.noJSON(status: status, contentType: contentType, isEmpty: body.isEmpty, error)
        }
        switch json["status"]?.stringValue {
        case "success" where (200..<300).contains(status): return json
        case "success": throw .malformed("success with HTTP status \(status)")
        case "error":
            guard let type = json["errorType"]?.stringValue, let text = json["error"]?.stringValue else {
                throw .malformed("an error without errorType and error")
            }
            throw Self.failure(type, text, query)
        default: throw Self.noAnswer(status) ?? .malformed("there is no status of success or error")
        }
    }

    // MARK: Failures

    private static func noJSON(status: Int, contentType: String?, isEmpty: Bool, _ error: JSONError) -> QueryError {
        if let failure = noAnswer(status) { return failure }
        if isEmpty { return .malformed("the answer is empty") }
        let type = contentType.map { bounded(String($0.prefix { $0 != ";" }), 60) }
        guard let type, type.lowercased() != "application/json" else { return .malformed("no JSON: \(error)") }
        return .malformed("the answer is \(type), not JSON")
    }

    /// The error for a status that came without an answer of the API.
    private static func noAnswer(_ status: Int) -> QueryError? {
        switch status {
        case 200..<300: nil
        case 300..<400: .malformed("HTTP status \(status), a redirect, which is not followed")
        case 404, 405: .malformed("HTTP status \(status): there is no Prometheus API at this URL")
        case 408, 504: .timeout
        case 429, 500...: .unreachable("HTTP status \(status)")
        default: .malformed("HTTP status \(status)")
        }
    }

    /// Maps the `errorType` of the HTTP API.
    private static func failure(_ type: String, _ text: String, _ query: String) -> QueryError {
        var text = bounded(text, maximumWords)
        switch type {
        case "bad_data", "execution":
            let prefix = "invalid parameter \"query\": "
            if text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
            return .badQuery(text, position(in: text, of: query))
        case "timeout": return .timeout
        case "canceled", "internal", "unavailable", "too_many_requests": return .unreachable(text)
        default: return .malformed("\(bounded(type, 40)): \(text)")
        }
    }

    /// The position at the start of Prometheus' message: `1:8: parse error: …`, in bytes.
    private static func position(in message: String, of query: String) -> QueryPosition? {
        let parts = message.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let line = Int(parts[0]), let byte = Int(parts[1]), line >= 1, byte >= 1 else {
            return nil
        }
        return PromQL.position(line: line, byte: byte, in: query)
    }

    /// At most that many characters, on one line.
    private static func bounded(_ text: String, _ limit: Int) -> String {
        let start = text.unicodeScalars.prefix(limit).map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        let isCut = start.count == limit && text.unicodeScalars.dropFirst(limit).first != nil
        return String(String.UnicodeScalarView(start)) + (isCut ? "…" : "")
    }

    private static func warnings(_ json: JSONValue) -> [String] {
        (json["warnings"]?.arrayValue ?? []).prefix(10).compactMap { $0.stringValue.map { bounded($0, maximumWords) } }
    }

    // MARK: Samples

    private func vector(_ json: JSONValue) throws(QueryError) -> [Sample] {
        guard let elements = json.arrayValue else { throw .malformed("the vector is no array") }
        guard elements.count <= maximumSeries else { throw .tooLarge("more than \(maximumSeries) series") }
        var samples: [Sample] = []
        var seen: Set<SeriesKey> = []
        samples.reserveCapacity(elements.count)
        for element in elements {
            let series = try series(element["metric"])
            guard seen.insert(series).inserted else { throw .malformed("a series stands twice") }
            if element["histogram"] != nil { throw .histogram }
            guard let pair = element["value"] else { throw .malformed("a series has no value") }
            samples.append(Sample(series, try value(pair, "a series")))
        }
        return samples
    }

    func series(_ json: JSONValue?) throws(QueryError) -> SeriesKey {
        guard case .object(let object)? = json else { throw .malformed("a series has no labels") }
        var labels: [SeriesKey.Label] = []
        labels.reserveCapacity(object.members.count)
        for (name, value) in object.members {
            guard !name.isEmpty, let text = value.stringValue else { throw .malformed("a label is no text") }
            labels.append(SeriesKey.Label(name, text))
        }
        guard let key = SeriesKey(labels) else {
            let limits = "\(SeriesKey.maximumLabels) labels or \(SeriesKey.maximumBytes) bytes of them"
            throw .tooLarge("a series has over \(limits); aggregate away what is not needed")
        }
        return key
    }

    func value(_ json: JSONValue, _ what: String) throws(QueryError) -> Double {
        guard let pair = json.arrayValue, pair.count == 2, pair[0].doubleValue != nil, let text = pair[1].stringValue,
            let value = Self.number(text)
        else { throw .malformed("the value of \(what) is no pair of a time and a number in quotes") }
        return value
    }

    /// Parses numbers as Go writes them: decimal digits with sign, fraction and exponent, or `NaN`, `+Inf`, `-Inf`.
    static func number(_ text: String) -> Double? {
        switch text {
        case "NaN": return .nan
        case "+Inf", "Inf": return .infinity
        case "-Inf": return -.infinity
        default:
            guard text.utf8.allSatisfy({ $0 &- 48 <= 9 || [43, 45, 46, 69, 101].contains($0) }),
                let value = Double(text), value.isFinite
            else { return nil }
            return value
        }
    }
}

extension QueryError {
    /// A histogram series has no single value.
    static let histogram = QueryError.badQuery(
        "a series is a histogram, which cannot be compared; take a number from it, such as with histogram_quantile()",
        nil
    )
}
