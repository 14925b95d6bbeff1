import Base
import Domain
import PromQL
import Testing

/// Valid and invalid answers of Prometheus' API.
@Suite struct AnswerParserTests {
    /// The parsed answer; `status` and `type` are those of HTTP.
    private static func read(
        _ body: String,
        status: Int = 200,
        type: String? = "application/json",
        query: String = "q",
        maximumSeries: Int = 3
    ) -> QueryResult {
        do throws(QueryError) {
            let parser = AnswerParser(maximumSeries: maximumSeries)
            let answer = try parser.answer(status: status, contentType: type, body: Array(body.utf8), query: query)
            return .vector(answer.samples)
        } catch {
            return .failed(error)
        }
    }

    private static func vector(_ elements: String) -> String {
        #"{"status":"success","data":{"resultType":"vector","result":[\#(elements)]}}"#
    }

    private static func complaint(_ result: QueryResult) -> String? {
        if case .failed(let failure) = result { "\(failure)" } else { nil }
    }

    @Test func vectorsAndScalarsAreParsed() throws {
        let text = Self.vector(
            #"{"metric":{"__name__":"up","job":"b"},"value":[1.5,"1e3"]},{"metric":{},"value":[1,"-0.25"],"more":[]}"#
        )
        let up = try #require(SeriesKey([.init("job", "b"), .init("__name__", "up")]))
        #expect(Self.read(text) == .vector([Sample(up, 1000), Sample(.empty, -0.25)]))
        #expect(Self.read(Self.vector("")) == .vector([]))
        let scalar = #"{"status":"success","isPartial":false,"data":{"resultType":"scalar","result":[1,"7"]}}"#
        #expect(Self.read(scalar) == .vector([Sample(.empty, 7)]))
    }

    @Test(arguments: [
        ("+Inf", Double.infinity), ("-Inf", -.infinity), ("1e3", 1000), ("1.5E-3", 0.0015), ("-0", 0), ("+2", 2),
        ("1.7976931348623157e+308", .greatestFiniteMagnitude),
    ]) func valuesAreParsed(_ text: String, _ expected: Double) {
        #expect(Self.read(Self.vector(#"{"metric":{},"value":[1,"\#(text)"]}"#)) == .vector([Sample(.empty, expected)]))
    }

    @Test func nanIsParsed() {
        guard case .vector(let samples) = Self.read(Self.vector(#"{"metric":{},"value":[1,"NaN"]}"#)) else {
            Issue.record("no vector")
            return
        }
        #expect(samples.map(\.value.isNaN) == [true])
    }

    @Test(arguments: ["", "nan", "inf", "0x1p3", "1e999", "1 ", "1_0", "one", "1e", "--1", "NaN ", "Infinity"])
    func otherValuesAreMalformed(_ text: String) {
        let result = Self.read(Self.vector(#"{"metric":{},"value":[1,"\#(text)"]}"#))
        #expect(
            Self.complaint(result)
                == "malformed answer: the value of a series is no pair of a time and a number in quotes"
        )
    }

    @Test(arguments: [
        (#"{"metric":{},"value":[1,1]}"#, "the value of a series is no pair of a time and a number in quotes"),
        (#"{"metric":{},"value":["1","1"]}"#, "the value of a series is no pair of a time and a number in quotes"),
        (#"{"metric":{},"value":[1,"1",1]}"#, "the value of a series is no pair of a time and a number in quotes"),
        (#"{"metric":{}}"#, "a series has no value"), (#"{"value":[1,"1"]}"#, "a series has no labels"),
        (#"{"metric":[],"value":[1,"1"]}"#, "a series has no labels"), ("7", "a series has no labels"),
        (#"{"metric":{"a":1},"value":[1,"1"]}"#, "a label is no text"),
        (#"{"metric":{"":"x"},"value":[1,"1"]}"#, "a label is no text"),
        (#"{"metric":{},"value":[1,"1"]},{"metric":{"a":""},"value":[1,"2"]}"#, "a series stands twice"),
        (#"{"metric":{"a":"1","a":"2"},"value":[1,"1"]}"#, "no JSON: duplicate member name at byte 79"),
    ]) func invalidSeriesAreMalformed(_ elements: String, _ complaint: String) {
        #expect(Self.complaint(Self.read(Self.vector(elements))) == "malformed answer: \(complaint)")
    }

    @Test(
        arguments: [
            ("", 200, "application/json", "malformed answer: the answer is empty"),
            ("", 204, nil, "malformed answer: the answer is empty"),
            ("<html>", 200, "text/html; charset=utf-8", "malformed answer: the answer is text/html, not JSON"),
            ("<html>", 200, nil, "malformed answer: no JSON: expected a value at byte 0"),
            ("{\"status\":", 200, "application/json", "malformed answer: no JSON: unexpected end of text at byte 10"),
            ("[]", 200, nil, "malformed answer: there is no status of success or error"),
            ("{}", 503, nil, "unreachable: HTTP status 503"),
            (#"{"status":"success"}"#, 200, nil, "malformed answer: there is no data with resultType and result"),
            (#"{"status":"success","data":{}}"#, 500, nil, "malformed answer: success with HTTP status 500"),
            (#"{"status":"error"}"#, 400, nil, "malformed answer: an error without errorType and error"),
            ("Bad Gateway", 502, "text/plain", "unreachable: HTTP status 502"),
            ("<html>", 503, "text/html", "unreachable: HTTP status 503"),
            ("slow down", 429, "text/plain", "unreachable: HTTP status 429"), ("", 504, nil, "timed out"),
            (
                "404 page not found", 404, "text/plain",
                "malformed answer: HTTP status 404: there is no Prometheus API at this URL"
            ),
            ("", 302, nil, "malformed answer: HTTP status 302, a redirect, which is not followed"),
            ("no", 401, "text/plain", "not authorized"), ("{}", 403, "application/json", "not authorized"),
            ("no", 418, "text/plain", "malformed answer: HTTP status 418"),
            (
                #"{"status":"success","data":{"resultType":"string","result":[1,"a"]}}"#, 200, nil,
                "bad query: the query gives a text, which cannot be compared"
            ),
            (
                #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#, 200, nil,
                "bad query: the query gives ranges of samples (a matrix), which cannot be compared; drop the range selector,"
                    + " or put it into a function such as avg_over_time()"
            ),
            (
                #"{"status":"success","data":{"resultType":"\u0001x","result":[]}}"#, 200, nil,
                "malformed answer: unknown resultType \" x\""
            ),
            (
                #"{"status":"success","data":{"resultType":"vector","result":{}}}"#, 200, nil,
                "malformed answer: the vector is no array"
            ),
            (#"{"status":"error","errorType":"timeout","error":"query timed out"}"#, 503, nil, "timed out"),
            (#"{"status":"error","errorType":"internal","error":"disk\nfull"}"#, 500, nil, "unreachable: disk full"),
            (#"{"status":"error","errorType":"odd","error":"x"}"#, 500, nil, "malformed answer: odd: x"),
            (
                #"{"status":"error","errorType":"execution","error":"many-to-many"}"#, 422, nil,
                "bad query: many-to-many"
            ),
            (
                #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 2:4: parse error: x"}"#,
                400, nil,
                "bad query, line 2, column 3: 2:4: parse error: x"
            ),
        ] as [(String, Int, String?, String)]
    ) func errorAnswersAreMapped(
        _ body: String,
        _ status: Int,
        _ type: String?,
        _ complaint: String
    ) {
        #expect(Self.complaint(Self.read(body, status: status, type: type, query: "a\né+)")) == complaint)
    }

    @Test func histogramsCannotBeCompared() {
        let result = Self.read(Self.vector(#"{"metric":{},"histogram":[1,{"count":"1","buckets":[[0,"1","2","3"]]}]}"#))
        #expect(Self.complaint(result)?.hasPrefix("bad query: a series is a histogram") == true)
    }

    @Test func answersAreBounded() throws {
        let elements = (0..<4).map { #"{"metric":{"a":"\#($0)"},"value":[1,"1"]}"# }
        #expect(Self.read(Self.vector(elements.joined(separator: ","))) == .failed(.tooLarge("more than 3 series")))
        let long = String(repeating: "x", count: 5000)
        #expect(
            Self.complaint(Self.read(Self.vector(#"{"metric":{"a":"\#(long)"},"value":[1,"1"]}"#)))?
                .hasPrefix("answer too large: a series has over 64 labels or 4096 bytes") == true
        )
        let error = #"{"status":"error","errorType":"bad_data","error":"\#(long)"}"#
        #expect(Self.read(error, status: 400) == .failed(.badQuery(String(repeating: "x", count: 500) + "…", nil)))
        let warnings = (0..<20).map { _ in "\"\(long)\"" }.joined(separator: ",")
        let body = #"{"status":"success","warnings":[\#(warnings)],"data":{"resultType":"vector","result":[]}}"#
        let answer = try AnswerParser(maximumSeries: 1).answer(
            status: 200,
            contentType: nil,
            body: Array(body.utf8),
            query: "q"
        )
        #expect(answer.warnings.count == 10 && answer.warnings.allSatisfy { $0.count == 501 })
        let deep = String(repeating: "[", count: 100_000)
        #expect(Self.complaint(Self.read(deep)) == "malformed answer: no JSON: nested deeper than 24 levels at byte 24")
    }

    /// Random answers are parsed or refused; parsed ones obey the limits.
    @Test(arguments: 0..<40) func randomAnswersAreParsedOrRefused(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let good = Array(
            Self.vector(#"{"metric":{"a":"é\n"},"value":[1.5,"NaN"]},{"metric":{"b":"1"},"value":[1,"1e3"]}"#).utf8
        )
        let pieces = ["{}", "[", "]", "\"", ",", ":", "null", "1e9", "\\u0000", "\"value\"", "-", "\u{FF}"].map {
            Array($0.utf8)
        }
        for _ in 0..<200 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, start + Int.random(in: 0...4, using: &random))
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.replaceSubrange(start..<end, with: pieces.randomElement(using: &random) ?? [])
                case 1: bytes[start] = UInt8.random(in: 0...255, using: &random)
                case 2: bytes = Array(bytes.prefix(max(1, start)))
                default: bytes.insert(contentsOf: bytes[start..<end], at: start)
                }
            }
            let status = [200, 200, 200, 400, 500].randomElement(using: &random) ?? 200
            let parser = AnswerParser(maximumSeries: 2)
            guard let answer = try? parser.answer(status: status, contentType: nil, body: bytes, query: "q") else {
                continue
            }
            #expect(status == 200 && answer.samples.count <= 2, "seed \(seed)")
            #expect(Set(answer.samples.map(\.series)).count == answer.samples.count, "seed \(seed)")
        }
    }
}
