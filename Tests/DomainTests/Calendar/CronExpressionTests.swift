import Base
import Domain
import Testing

@Suite struct CronExpressionTests {
    @Test(arguments: [
        ("* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
        ("* * * * *", "2026-01-01T00:00:59.999Z", "2026-01-01T00:01:00Z"),
        ("* * * * *", "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00Z"),
        ("*/15 * * * *", "2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"),
        ("5-10/2 * * * *", "2026-01-01T00:07:30Z", "2026-01-01T00:09:00Z"),
        ("0,30 9-17 * * mon-fri", "2026-01-02T17:30:00Z", "2026-01-05T09:00:00Z"),
        ("0 0 1 JAN *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z"),
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        // Both fields are restricted: either is enough. 2026-02-01 is a Sunday.
        ("0 0 13 * 5", "2026-02-01T00:00:00Z", "2026-02-06T00:00:00Z"),
        ("0 0 13 * 5", "2026-04-10T00:00:00Z", "2026-04-13T00:00:00Z"),
        ("0 0 30 2 1", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"),
        // A field that begins with * restricts nothing, even with a step: both must match.
        ("0 0 */2 * 1", "2026-02-01T00:00:00Z", "2026-02-09T00:00:00Z"),
        ("0 0 29 2 */7", "2026-01-01T00:00:00Z", "2032-02-29T00:00:00Z"),
        ("0 0 * * 7", "2026-02-02T00:00:00Z", "2026-02-08T00:00:00Z"),
        ("0 0 * * 0", "2026-02-02T00:00:00Z", "2026-02-08T00:00:00Z"),
        ("0 0 * * 5-7", "2026-02-02T00:00:00Z", "2026-02-06T00:00:00Z"),
        ("0 0 * * SUN", "2026-02-02T00:00:00Z", "2026-02-08T00:00:00Z"),
        ("59 23 31 12 *", "2026-12-31T23:58:00Z", "2026-12-31T23:59:00Z"),
        ("  0\t12  1 */3 * ", "2026-01-02T00:00:00Z", "2026-04-01T12:00:00Z"),
        ("@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"),
        ("@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
        ("@monthly", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("@Yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ])
    func nextDueTimeIsComputed(_ text: String, _ after: String, _ next: String) throws {
        #expect(try CronExpression(text).next(after: at(after), in: .utc) == at(next))
    }

    @Test(arguments: [
        ("60 * * * *", "minute: '60' is not a number from 0 to 59"),
        ("* 24 * * *", "hour: '24' is not a number from 0 to 23"),
        ("* * 0 * *", "day of month: '0' is not a number from 1 to 31"),
        ("* * * 13 *", "month: '13' is not a number from 1 to 12 or a name from jan to dec"),
        ("* * * * 8", "day of week: '8' is not a number from 0 to 7 or a name from sun to sat"),
        ("* * * * monday", "day of week: 'monday' is not a number from 0 to 7 or a name from sun to sat"),
        ("jan * * * *", "minute: 'jan' is not a number from 0 to 59"),
        ("30-10 * * * *", "minute: '30-10' is not a range that ends after it begins"),
        ("5/10 * * * *", "minute: '5/10' is not a step after * or a range: */5, 10-30/5"),
        ("*/0 * * * *", "minute: '*/0' is not a step from 1 to 60"),
        ("*/61 * * * *", "minute: '*/61' is not a step from 1 to 60"),
        ("* */25 * * *", "hour: '*/25' is not a step from 1 to 24"),
        ("*/x * * * *", "minute: '*/x' is not a step from 1 to 60"),
        ("1,,2 * * * *", "minute: '' is not a number from 0 to 59"),
        ("1, 2 * * * *", "a cron expression has five fields"),
        ("-1 * * * *", "minute: '' is not a number from 0 to 59"),
        ("+1 * * * *", "minute: '+1' is not a number from 0 to 59"),
        ("1-2-3 * * * *", "minute: '2-3' is not a number from 0 to 59"),
        ("*/2/2 * * * *", "minute: '*/2/2' is not a step from 1 to 60"),
        ("** * * * *", "minute: '**' is not a number from 0 to 59"),
        ("１ * * * *", "minute: '１' is not a number from 0 to 59"),
        ("* * * *", "a cron expression has five fields"), ("", "a cron expression has five fields"),
        ("@reboot", "'@reboot' is not one of @hourly, @daily"), ("@ daily", "a cron expression has five fields"),
        ("0 0 30 2 *", "no month that the expression names has one of its days"),
        ("0 0 31 2,4,6,9,11 */2", "no month that the expression names has one of its days"),
    ])
    func invalidExpressionsNameTheField(_ text: String, _ message: String) {
        let fault = #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(fault?.description.hasPrefix(message) == true, "\(fault?.description ?? "")")
    }

    @Test func longTextsAreRefusedAndCut() {
        let digits = String(repeating: "1", count: 100)
        let fault = #expect(throws: CronError.self) { try CronExpression("\(digits) * * * *") }
        #expect(fault?.description.hasPrefix("minute: '\(digits.prefix(40))…' is not") == true)
        #expect(throws: CronError.tooLong) { try CronExpression(String(repeating: "*", count: 257)) }
    }

    @Test func textIsKept() throws {
        #expect(try CronExpression(" 0  1 * *\tmon ").description == "0 1 * * mon")
        #expect(try CronExpression("@Daily").description == "@Daily")
    }

    @Test func noDueTimeAfterTheLastYear() throws {
        let expression = try CronExpression("* * * * *")
        #expect(expression.next(after: .distantFuture, in: .utc) == nil)
        #expect(expression.next(after: .distantPast, in: .utc) == at("0001-01-01T00:01:00Z"))
    }
}
