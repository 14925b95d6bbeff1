package import Base
package import Domain

/// The report of `sentinel check` for people.
package struct CheckReport: Sendable {
    private let spec: CheckSpec
    private let outcome: Outcome
    private let time: Timestamp
    private let style: TerminalStyle

    package init(spec: CheckSpec, outcome: Outcome, at time: Timestamp, style: TerminalStyle) {
        (self.spec, self.outcome, self.time, self.style) = (spec, outcome, time, style)
    }

    /// The whole report, with a final line break.
    package var text: String {
        var sections = [
            heading, Waterfall(spec.kind, times: outcome.phases, total: outcome.latency, style: style).text, verdict,
        ]
        if !facts.isEmpty { sections.append(list(facts)) }
        if let certificate = outcome.certificate {
            let report = CertificateReport(certificate, at: time)
            sections.append(style.paint("Certificate", .bold) + "\n" + list(report.facts))
        }
        return sections.joined(separator: "\n")
    }

    private var heading: String {
        style.paint(
            style.safe("\(spec.masked["method"]?.stringValue ?? spec.kind.name.uppercased()) \(spec.target)"),
            .bold
        ) + "\n"
    }

    private var verdict: String {
        let milliseconds = Waterfall.milliseconds(outcome.latency)
        let status = outcome.statusCode.map { "HTTP \($0) " } ?? ""
        guard let failure = outcome.failure else {
            return "  \(style.paint("UP", .green))    \(status)in \(milliseconds) ms\n"
        }
        let indent = String(repeating: " ", count: 8)
        let reason = wrapped("\(status)\(failure.reason) in phase \(failure.phase)", indent: 8)
        let message = wrapped(style.safe(failure.message), indent: 8)
        return "  \(style.paint("DOWN", .red))  \(reason)\n\(indent)\(message)\n"
    }

    /// The facts of the exchange.
    private var facts: [(name: String, value: String, paint: TerminalStyle.Paint?)] {
        var facts: [(name: String, value: String, paint: TerminalStyle.Paint?)] = []
        if let address = outcome.remoteAddress { facts.append(("address", address, nil)) }
        if let version = outcome.httpVersion { facts.append(("http", version, nil)) }
        if outcome.statusCode != nil { facts.append(("body", "\(outcome.bodyBytes) bytes", nil)) }
        if outcome.redirects > 0 { facts.append(("redirects", "\(outcome.redirects)", nil)) }
        if let url = outcome.finalURL { facts.append(("final url", url, nil)) }
        for (name, value) in outcome.facts?.members ?? [] where value != .null {
            facts.append((name.split(separator: "_").joined(separator: " "), value.stringValue ?? "\(value)", nil))
        }
        return facts
    }

    private func list(_ facts: [(name: String, value: String, paint: TerminalStyle.Paint?)]) -> String {
        facts.map { fact in
            let name = fact.name + String(repeating: " ", count: max(0, 10 - fact.name.count))
            let value = wrapped(style.safe(fact.value), indent: 14)
            return "  \(style.paint(name, .dim))  " + (fact.paint.map { style.paint(value, $0) } ?? value) + "\n"
        }.joined()
    }

    /// Wraps a text between words within the width; a word that is too long for a line is cut.
    private func wrapped(_ text: String, indent: Int) -> String {
        let width = max(20, style.width - indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var word = word
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            while word.count > width {
                lines.append(String(word.prefix(width)))
                word = word.dropFirst(width)
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(line) }
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
    }
}
