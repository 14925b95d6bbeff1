/// A parsed route template: "/monitors/{id}".
struct RoutePattern {
    enum Segment: Equatable {
        case literal(String)
        case parameter
    }

    let template: String
    let segments: [Segment]
    let parameterNames: [String]

    /// Traps on a template that is not `/` or `/segment…` with unique, whole-segment `{name}`s: that is a programming
    /// error.
    init(_ template: String) {
        precondition(template.hasPrefix("/"), "the route \(template) does not begin with a slash")
        var names: [String] = []
        segments = template.split(separator: "/").map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else {
                precondition(!part.contains(where: { "{}%?".contains($0) }), "the route \(template) has an odd segment")
                return .literal(String(part))
            }
            let name = String(part.dropFirst().dropLast())
            precondition(!name.isEmpty && !names.contains(name), "the route \(template) repeats or omits a name")
            names.append(name)
            return .parameter
        }
        self.template = "/" + template.split(separator: "/").joined(separator: "/")
        parameterNames = names
    }
}
