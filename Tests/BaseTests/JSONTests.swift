import Base
import Testing

@Suite struct JSONTests {
    static let readable: [(String, JSONValue)] = [
        ("null", .null), (" true ", .bool(true)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
        ("1.5e3", .number(1500)), ("\"a\\u00e9\\ud83d\\ude00\\n\"", .string("aé😀\n")),
        ("[1,[2],{}]", .array([.integer(1), .array([.integer(2)]), .object(JSONObject())])),
        ("{\"b\":1,\"a\":[]}", .object(JSONObject([("b", .integer(1)), ("a", .array([]))]))),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)),
    ]
    @Test(arguments: readable)
    func validJSONIsParsed(_ text: String, _ value: JSONValue) throws { #expect(try JSONValue(parsing: text) == value) }

    @Test(arguments: [
        ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\":1,}", 7), ("01", 1), ("1.", 2), ("+1", 0), ("nul", 0),
        ("\"\u{1}\"", 1),
        ("\"\\x\"", 2), ("\"\\ud800\"", 1), ("\"abc", 4), ("1 2", 2), ("{\"a\":1,\"a\":2}", 7), ("{a:1}", 1),
        ("1e999", 0),
        ("[1 2]", 3), ("NaN", 0), ("'a'", 0), ("{\"a\" 1}", 5),
    ])
    func invalidJSONIsRefusedWithItsOffset(_ text: String, _ offset: Int) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        do { _ = try JSONValue(parsing: text) } catch { #expect(error.offset == offset, "\(error)") }
    }

    @Test func depthIsBounded() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try JSONValue(parsing: nested(64))
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(1_000_000)) }
    }

    @Test func memberNamesAreComparedByTheirBytes() throws {
        let value = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{E9}"] == 1 && value["e\u{301}"] == 2)
        #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"\u{E9}\":1,\"\\u00e9\":2}") }
    }

    @Test func invalidUTF8IsRefused() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test(arguments: 0..<20) func randomValuesRoundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let value = randomValue(&random, depth: 0)
            #expect(try JSONValue(parsing: value.description) == value, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<20) func damagedTextNeverCrashes(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var bytes = Array(randomValue(&random, depth: 0).description.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            #expect((try? JSONValue(parsing: value.description))?.description == value.description, "seed \(seed)")
        }
    }

    private func randomValue(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 3 ? 5 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: return .number(Double.random(in: -1e6...1e6, using: &random) + 0.1)
        case 4:
            let scalars = (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x2_FFFF, using: &random))
            }
            return .string(String(String.UnicodeScalarView(scalars)))
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in randomValue(&random, depth: depth + 1) }
            )
        default:
            let members = (0..<Int.random(in: 0...4, using: &random)).map {
                (key: "k\($0)", value: randomValue(&random, depth: depth + 1))
            }
            return .object(JSONObject(members))
        }
    }

    @Test func writerBuildsNestedObjects() {
        var writer = JSONWriter()
        writer.object { object in
            object.member("a", 1)
            object.member("none", String?.none)
            object.array("list") { list in
                list.element("x\"")
                list.object { $0.member("deep", true) }
            }
            object.object("empty") { _ in }
        }
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"a":1,"none":null,"list":["x\"",{"deep":true}],"empty":{}}"#
        )
    }
}
