import Base

/// Evaluates a query and counts its steps.
struct JSONPathEvaluator {
    let root: JSONValue
    let limit: Int
    private var steps = 0
    /// The expressions of `match` and `search` that the text itself holds; nil for what is none.
    var expressions: [ExactText: RegularExpression?] = [:]

    init(root: JSONValue, limit: Int) {
        self.root = root
        self.limit = limit
    }

    /// The nodes that a query selects from a node; throws `.limit`.
    mutating func select(_ query: JSONPathQuery, from node: JSONPathNode) throws(JSONPathError) -> [JSONPathNode] {
        var nodes = [query.isAbsolute ? JSONPathNode(value: root) : node]
        for segment in query.segments {
            var next: [JSONPathNode] = []
            for node in nodes {
                if segment.isDescendant {
                    try selectDescendants(segment, of: node, into: &next)
                } else {
                    try apply(segment.selectors, to: node, into: &next)
                }
            }
            nodes = next
        }
        return nodes
    }

    /// Counts nodes that are visited, or as much other work; throws `.limit`.
    mutating func visit(_ count: Int = 1) throws(JSONPathError) {
        steps += count
        guard steps <= limit else { throw .limit(limit) }
    }

    /// The steps that are left.
    var remaining: Int { limit - steps }

    /// Visits each node before its children, arrays in order; uses its own stack, so that deep texts cannot overflow
    /// the call stack.
    private mutating func selectDescendants(
        _ segment: JSONPathSegment,
        of node: JSONPathNode,
        into result: inout [JSONPathNode]
    ) throws(JSONPathError) {
        var pending = [node]
        while let current = pending.popLast() {
            try visit()
            try apply(segment.selectors, to: current, into: &result)
            pending.append(contentsOf: try children(current).reversed())
        }
    }

    private mutating func apply(
        _ selectors: [JSONPathSelector],
        to node: JSONPathNode,
        into result: inout [JSONPathNode]
    ) throws(JSONPathError) {
        for selector in selectors {
            try visit()
            switch selector {
            case .name(let name):
                guard case .object(let object) = node.value else { continue }
                guard let value = try member(name, of: object) else { continue }
                result.append(child(node, .name(name), value))
            case .wildcard:
                result.append(contentsOf: try children(node))
            case .index(let index):
                guard case .array(let elements) = node.value else { continue }
                let place = index < 0 ? elements.count + index : index
                guard elements.indices.contains(place) else { continue }
                result.append(child(node, .index(place), elements[place]))
            case .slice(let start, let end, let step):
                try slice(node, start, end, step, into: &result)
            case .filter(let condition):
                for child in try children(node) where try holds(condition, at: child) { result.append(child) }
            }
        }
    }

    private mutating func slice(
        _ node: JSONPathNode,
        _ start: Int?,
        _ end: Int?,
        _ step: Int,
        into result: inout [JSONPathNode]
    ) throws(JSONPathError) {
        guard case .array(let elements) = node.value, step != 0 else { return }
        let count = elements.count
        func normal(_ index: Int) -> Int { index >= 0 ? index : count + index }
        if step > 0 {
            var place = min(max(normal(start ?? 0), 0), count)
            let upper = min(max(normal(end ?? count), 0), count)
            while place < upper {
                try visit()
                result.append(child(node, .index(place), elements[place]))
                place += step
            }
        } else {
            var place = min(max(normal(start ?? count - 1), -1), count - 1)
            let lower = end.map { min(max(normal($0), -1), count - 1) } ?? -1
            while place > lower {
                try visit()
                result.append(child(node, .index(place), elements[place]))
                place += step
            }
        }
    }

    private mutating func children(_ node: JSONPathNode) throws(JSONPathError) -> [JSONPathNode] {
        switch node.value {
        case .array(let elements):
            try visit(elements.count)
            return elements.enumerated().map { child(node, .index($0.offset), $0.element) }
        case .object(let object):
            try visit(object.members.count)
            return object.members.map { child(node, .name($0.key), $0.value) }
        default: return []
        }
    }

    /// The value of a member; names are compared by scalars, as the RFC has it.
    mutating func member(_ name: String, of object: JSONObject) throws(JSONPathError) -> JSONValue? {
        let members = object.members
        let place = members.firstIndex { $0.key.isSame(as: name) }
        try visit((place ?? members.count) / 8 * (1 + name.utf8.count / 64))
        return place.map { members[$0].value }
    }

    private func child(_ node: JSONPathNode, _ step: JSONPathStep, _ value: JSONValue) -> JSONPathNode {
        JSONPathNode(value: value, location: JSONPathLocation(parent: node.location, step: step))
    }
}
