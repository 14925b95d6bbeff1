import Base
import Patterns
import Testing

@Suite("Regular expressions") struct RegularExpressionTests {
    @Test(
        "expressions match somewhere or as a whole",
        arguments: [
            ("b+", "abbc", true, false), ("^a.*c$", "abbc", true, true), ("x", "abc", false, false),
            ("", "", true, true), ("", "a", true, false), ("ü", "für", true, false), ("a|ab", "ab", true, true),
        ]
    )
    func matching(_ pattern: String, _ text: String, _ somewhere: Bool, _ whole: Bool) throws {
        let expression = try RegularExpression(pattern)
        #expect(try expression.matches(text) == somewhere)
        #expect(try RegularExpression(pattern, isWhole: true).matches(text) == whole)
    }

    @Test("groups are returned, those that took no part as nil") func groups() throws {
        let expression = try RegularExpression(#"(\w+)=(?:(\d+)|(\w+))"#)
        #expect(try expression.groups(in: "a b=12 c") == ["b=12", "b", "12"])
        #expect(try expression.groups(in: "b=x") == ["b=x", "b", nil, "x"])
        #expect(try expression.groups(in: "b") == nil)
    }

    @Test("case can be ignored") func caseless() throws {
        #expect(try RegularExpression("shop", caseless: true).matches("SHOP"))
        #expect(try !RegularExpression("shop").matches("SHOP"))
    }

    @Test("invalid UTF-8 is skipped") func invalidUTF8() throws {
        let expression = try RegularExpression("ok")
        #expect(try expression.matches([0xFF, 0xFE] + Array("ok".utf8)))
        #expect(try !expression.matches([0xFF, 0xFE, 0x80]))
        #expect(try !RegularExpression("^.$").matches([0xFF]))
    }

    @Test(
        "what is no expression is said with its place",
        arguments: [("(", 1), ("a{2,1}", 5), ("[z-a]", 3), ("*", 0), ("(?<n", 4), (#"\C"#, 2)]
    )
    func syntax(_ pattern: String, _ offset: Int) {
        let error = #expect(throws: PatternError.self) { try RegularExpression(pattern) }
        guard case .syntax(let reason, let found)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found == offset && !reason.isEmpty, "\(reason) \(found)")
    }

    @Test("a long expression is refused") func tooLong() {
        #expect(throws: PatternError.tooLong) { try RegularExpression(String(repeating: "a", count: 4097)) }
    }

    @Test(
        "a catastrophic expression is aborted",
        arguments: ["^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "^(([a-z])+.)+[A-Z]([a-z])+$"]
    )
    func explosions(_ pattern: String) throws {
        let expression = try RegularExpression(pattern)
        let text = String(repeating: "a", count: 60) + "!"
        #expect(throws: PatternError.limit) { try expression.matches(text) }
    }

    @Test(
        "an expression whose cost grows with the text alone is matched on a long text",
        arguments: [
            (#"^(?:\w|\s)*$"#, true), (#"^(.|\n)*$"#, true), (#"\w+@\w+\.org"#, false), (#""state":\s*"up""#, false),
            ("(?i)ERROR", false),
        ]
    )
    func longTexts(_ pattern: String, _ isMatch: Bool) throws {
        let page = String(repeating: "all is well here\n", count: 20_000)
        #expect(try RegularExpression(pattern).matches(page) == isMatch)
    }

    /// Within the limits of PCRE2 these take seconds, and minutes without compiled code.
    @Test(
        "an expression whose cost grows with the square of the text is aborted after its steps",
        arguments: ["a*a*[xyz]", "a+b?a+b?[xyz]", "(?:a|b)*[xyz]", "(*NO_JIT)a*[xyz]", "(?=(a+))a*b?\\1[xyz]"]
    )
    func squares(_ pattern: String) throws {
        let bytes = [UInt8](repeating: 97, count: 300_000)
        let expression = try RegularExpression(pattern)
        #expect(throws: PatternError.limit) { try expression.matches(bytes) }
    }

    @Test("matches share the steps that are left") func sharedSteps() throws {
        let expression = try RegularExpression("[ab]*[cd]")
        let bytes = Array("abababab".utf8)
        var steps = 1000
        #expect(try !expression.matches(bytes, steps: &steps))
        let used = 1000 - steps
        #expect((1...100).contains(used), "\(used)")
        #expect(throws: PatternError.limit) {
            for _ in 0..<1000 { _ = try expression.matches(bytes, steps: &steps) }
        }
        #expect(steps == 0)
        #expect(throws: PatternError.limit, "even one that takes none") {
            try RegularExpression("x").matches(bytes, steps: &steps)
        }
    }

    @Test("random expressions on random bytes terminate", arguments: [1, 2, 3] as [UInt64]) func fuzz(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = ["a", "b", "(", ")", "[", "]", "*", "+", "?", "|", "{2,}", "\\", "^", "$", ".", "(?=", "\\1", "é"]
        for _ in 0..<3000 {
            let pattern = (0..<Int.random(in: 0...10, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard let expression = try? RegularExpression(pattern) else { continue }
            let bytes = (0..<40).map { _ in [97, 98, 255, 195, 169].randomElement(using: &random) ?? UInt8(0) }
            _ = try? expression.matches(bytes)
        }
    }
}
