import Base
import Domain
import Testing

/// The period and the instants of a preview.
@Suite struct PreviewWindowTests {
    private static let now = Timestamp(milliseconds: 1_790_000_000_000)
    private static let day: Duration = .seconds(86_400)

    @Test func defaultIsTheLastThirtyDays() throws {
        let window = try PreviewWindow(from: nil, to: nil, now: Self.now)
        #expect(window.from == Self.now - Self.day * 30 && window.to == Self.now)
        let past = try PreviewWindow(from: nil, to: Self.now - Self.day, now: Self.now)
        #expect(past.from == Self.now - Self.day * 31 && past.to == Self.now - Self.day)
        let future = try PreviewWindow(from: Self.now - Self.day, to: Self.now + Self.day, now: Self.now)
        #expect(future.to == Self.now && future.length == Self.day)
        let whole = try PreviewWindow(from: Self.now - Self.day * 92, to: nil, now: Self.now)
        #expect(whole.length == Self.day * 92)
    }

    @Test(
        arguments: [
            (0, -1, PreviewWindow.BoundsError.empty), (-5, -5, .empty), (-100, nil, .tooLong), (1, 5, .future),
            (1, nil, .future),
            (-93, 0, .tooLong),
        ] as [(Int, Int?, PreviewWindow.BoundsError)]
    ) func invalidPeriodsAreRefused(
        _ from: Int,
        _ to: Int?,
        _ fault: PreviewWindow.BoundsError
    ) {
        #expect(throws: fault) {
            try PreviewWindow(from: Self.now + Self.day * from, to: to.map { Self.now + Self.day * $0 }, now: Self.now)
        }
    }

    @Test(arguments: [
        (3600, 60, 1000, 60, 61), (3600, 60, 61, 60, 61), (3600, 60, 60, 120, 31), (3600, 60, 31, 120, 31),
        (3600, 60, 30, 180, 21), (3600, 60, 1, 3660, 1), (59, 60, 5, 60, 1), (30 * 86_400, 60, 11_000, 240, 10_801),
    ]) func instantsAreAsDenseAsTheLimitAllows(_ seconds: Int, _ interval: Int, _ limit: Int, _ step: Int, _ count: Int)
        throws
    {
        let window = try PreviewWindow(from: Self.now - .seconds(seconds), to: nil, now: Self.now)
        let grid = PreviewGrid(window, interval: .seconds(interval), limit: limit)
        #expect(grid.step == .seconds(step) && grid.count == count && grid.start == window.from)
        #expect(grid.end <= window.to && grid.end + grid.step > window.to)
    }
}
