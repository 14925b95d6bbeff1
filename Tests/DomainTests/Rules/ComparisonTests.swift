import Domain
import Testing

/// Comparisons with thresholds.
@Suite struct ComparisonTests {
    @Test(arguments: [
        (">", [false, false, true]), ("<", [true, false, false]), (">=", [false, true, true]),
        ("<=", [true, true, false]), ("==", [false, true, false]), ("!=", [true, false, true]),
    ]) func numbersCompare(_ text: String, _ expected: [Bool]) throws {
        let comparison = try #require(Comparison(text: text))
        #expect(comparison.description == text)
        #expect([4.5, 5, 5.5].map { comparison.holds($0, 5) } == expected)
        #expect([-.infinity, .infinity].map { comparison.holds($0, 5) } == [expected[0], expected[2]])
        #expect(!comparison.holds(.nan, 5) && !comparison.holds(5, .nan) && !comparison.holds(.nan, .nan))
    }

    @Test func unknownComparisonsAreRefused() {
        for text in ["", "=", "=>", "> ", "gt", ">>", "<>", "≥"] { #expect(Comparison(text: text) == nil, "\(text)") }
        #expect(
            Comparison.complaint == "Invalid comparison operator. Must be one of: >, <, >=, <=, ==, !="
        )
    }

    @Test func settingsAreBounded() throws {
        let rule = try ThresholdRule(.greater, 80, hold: .seconds(60), repeatInterval: .seconds(300))
        #expect(rule.isMet(by: 81) && !rule.isMet(by: 80) && rule.maximumSeries == 1000)
        func text(_ make: @autoclosure () throws(ThresholdRuleError) -> ThresholdRule) -> String? {
            do throws(ThresholdRuleError) {
                _ = try make()
                return nil
            } catch {
                return "\(error)"
            }
        }
        for threshold in [Double.infinity, -.infinity, .nan] {
            #expect(text(try ThresholdRule(.less, threshold)) == "threshold must be a finite number")
        }
        #expect(text(try ThresholdRule(.less, 0, hold: .seconds(-5))) == "hold must be from 0s to 7d")
        #expect(
            text(try ThresholdRule(.less, 0, repeatInterval: .seconds(-5))) == "repeat interval must be from 10s to 30d"
        )
        #expect(text(try ThresholdRule(.less, 0, keepFiring: .seconds(700_000))) == "keep firing must be from 0s to 7d")
        #expect(text(try ThresholdRule(.less, 0, staleness: .zero)) == "staleness must be from 10s to 7d")
        for count in [0, 10_001] {
            #expect(text(try ThresholdRule(.less, 0, maximumSeries: count)) == "maximum series must be from 1 to 10000")
        }
    }
}
