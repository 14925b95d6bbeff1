import Base
package import Domain

/// The phases of a check as bars on one time axis.
package struct Waterfall: Sendable {
    private let phases: [(name: String, duration: Duration?)]
    private let total: Duration
    private let style: TerminalStyle

    package init(_ kind: any CheckKind.Type, times: Outcome.PhaseTimes, total: Duration, style: TerminalStyle) {
        phases = kind.phases.map { ($0.description, times[$0]) }
        self.total = total
        self.style = style
    }

    /// One line for each phase and one for the total.
    package var text: String {
        let times = phases.map { $0.duration.map(Self.milliseconds) ?? "-" } + [Self.milliseconds(total)]
        let timeWidth = times.map(\.count).max() ?? 0
        // indent 2, name 10, gap 2, bar, gap 2, time, " ms"
        let barWidth = max(10, style.width - 19 - timeWidth)
        let reached = phases.reduce(0.0) { $0 + ($1.duration?.inSeconds ?? 0) }
        let scale = max(total.inSeconds, reached)
        var lines = ""
        var start = 0.0
        for (phase, time) in zip(phases, times) {
            let length = phase.duration?.inSeconds
            let bar = bar(from: start, length: length, scale: scale, width: barWidth)
            lines += line(phase.name, bar, time, timeWidth, isReached: length != nil)
            start += length ?? 0
        }
        lines += line("total", String(repeating: " ", count: barWidth), times.last ?? "", timeWidth, isReached: true)
        return lines
    }

    private func line(_ name: String, _ bar: String, _ time: String, _ timeWidth: Int, isReached: Bool) -> String {
        let label = name + String(repeating: " ", count: 10 - name.count)
        let value = String(repeating: " ", count: timeWidth - time.count) + time + (isReached ? " ms" : "")
        let text =
            isReached
            ? "  \(label)  \(style.paint(bar, .cyan))  \(value)" : style.paint("  \(label)  \(bar)  \(value)", .dim)
        return text + "\n"
    }

    /// A bar at its position; a phase too short to see is a thin stroke, a phase that was not reached is empty.
    private func bar(from start: Double, length: Double?, scale: Double, width: Int) -> String {
        guard let length else { return String(repeating: " ", count: width) }
        let columns = Double(width)
        let begin = scale > 0 ? min(width - 1, Int((start / scale * columns).rounded())) : 0
        let end = scale > 0 ? min(width, Int(((start + length) / scale * columns).rounded())) : 0
        let count = max(1, end - begin)
        let isVisible = scale > 0 && length / scale * columns >= 0.5
        let full = style.hasUnicode ? "█" : "#"
        let thin = style.hasUnicode ? "▏" : "|"
        let ink = isVisible ? String(repeating: full, count: count) : thin
        let used = begin + (isVisible ? count : 1)
        return String(repeating: " ", count: begin) + ink + String(repeating: " ", count: max(0, width - used))
    }

    /// Milliseconds with two decimals: "12.34".
    package static func milliseconds(_ duration: Duration) -> String {
        let hundredths = (max(0, duration.wholeNanoseconds) + 5000) / 10_000
        let fraction = String(hundredths % 100)
        return "\(hundredths / 100)." + (fraction.count < 2 ? "0" : "") + fraction
    }
}
