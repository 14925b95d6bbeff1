import Domain

extension AlertMessage.Event {
    /// The first word of a title.
    var title: String {
        switch self {
        case .firing: "Firing"
        case .reminder: "Still firing"
        case .acknowledged: "Acknowledged"
        case .resolved: "Resolved"
        case .test: "Test"
        }
    }

    /// A symbol that shows the event at a glance.
    var symbol: String {
        switch self {
        case .firing, .reminder: "🔴"
        case .acknowledged: "🟡"
        case .resolved: "🟢"
        case .test: "🔵"
        }
    }

    /// 24 bits of red, green and blue.
    func color(_ severity: Severity) -> Int {
        switch (self, severity) {
        case (.acknowledged, _): 0xFBC02D
        case (.resolved, _): 0x388E3C
        case (.test, _): 0x607D8B
        case (_, .critical): 0xD32F2F
        case (_, .warning): 0xF57C00
        case (_, .info): 0x1976D2
        }
    }
}

extension AlertMessage {
    /// One line: what happened, and to how many if there are several.
    var title: String {
        if items.count == 1, omitted == 0, let item = items.first { return item.title }
        let counts = Event.allCases.compactMap { event -> String? in
            let count = items.count { $0.event == event } + (omittedEvents[event] ?? 0)
            return count > 0 ? "\(count) \(event.title.lowercased())" : nil
        }
        let unknown = omitted - omittedEvents.values.reduce(0, +)
        let more = unknown > 0 ? ["\(unknown) more"] : []
        return "\(items.count + omitted) alerts: \((counts + more).joined(separator: ", "))"
    }
}

extension AlertMessage.Item {
    /// One line: what happened to what.
    var title: String { "\(event.title): \(subject)" }
}
