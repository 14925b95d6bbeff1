import YAMLConfig

/// A mapping of a provider file: returns its members and reports unknown ones.
struct FileMapping {
    let place: YAMLPlace
    private var members: [String: YAMLNode.Member] = [:]
    private var order: [String] = []
    private var asked: [String] = []

    init(_ node: YAMLNode) throws(PlacedError) {
        guard case .mapping(let members, let place) = node else {
            throw PlacedError(node.place, "expected names with values")
        }
        self.place = place
        for member in members {
            self.members[member.key] = member
            order.append(member.key)
        }
    }

    /// The member with that name; nil when it is missing.
    mutating func node(_ name: String) -> YAMLNode? {
        asked.append(name)
        return members[name]?.value
    }

    /// All members in order; none is then unknown.
    mutating func all() -> [YAMLNode.Member] {
        asked += order
        return order.compactMap { members[$0] }
    }

    mutating func text(_ name: String) throws(PlacedError) -> String? {
        guard let node = node(name) else { return nil }
        return try Self.text(node)
    }

    mutating func required(_ name: String) throws(PlacedError) -> YAMLNode {
        guard let node = node(name) else { throw PlacedError(place, "'\(name)' is missing") }
        return node
    }

    mutating func flag(_ name: String) throws(PlacedError) -> Bool? {
        guard let node = node(name) else { return nil }
        switch try Self.text(node) {
        case "true": return true
        case "false": return false
        default: throw PlacedError(node.place, "'\(name)' is true or false")
        }
    }

    mutating func number(_ name: String, _ range: ClosedRange<Int>) throws(PlacedError) -> Int? {
        guard let node = node(name) else { return nil }
        guard let number = Int(try Self.text(node)), range.contains(number) else {
            throw PlacedError(node.place, "'\(name)' is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        _ type: Choice.Type
    ) throws(PlacedError) -> Choice? where Choice.RawValue == String {
        guard let node = node(name) else { return nil }
        let text = try Self.text(node)
        guard let choice = Choice(rawValue: text) else {
            throw PlacedError(node.place, unknown(name, text, among: Choice.allCases.map(\.rawValue)))
        }
        return choice
    }

    /// Call after all known members were read.
    func finish() throws(PlacedError) {
        for name in order where !asked.contains(name) {
            throw PlacedError(members[name]?.place ?? place, unknown("member", name, among: asked))
        }
    }

    static func text(_ node: YAMLNode) throws(PlacedError) -> String {
        guard case .scalar(let text, _, _) = node else { throw PlacedError(node.place, "expected a single value") }
        return text
    }

    static func texts(_ node: YAMLNode) throws(PlacedError) -> [String] {
        guard case .sequence(let nodes, _) = node else { throw PlacedError(node.place, "expected a list") }
        var texts: [String] = []
        for node in nodes { texts.append(try text(node)) }
        return texts
    }
}
