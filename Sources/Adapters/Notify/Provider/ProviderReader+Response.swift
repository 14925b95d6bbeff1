import Base
import YAMLConfig

extension ProviderReader {
    func response(_ node: YAMLNode) throws(PlacedError) -> ResponseRule {
        var file = try FileMapping(node)
        var rule = ResponseRule()
        if let node = file.node("success") { rule.success = try Self.statuses(node) }
        if let node = file.node("retry") { rule.retry = try Self.statuses(node) }
        if let node = file.node("fail_if") {
            var test = try FileMapping(node)
            let path = try Self.path(try test.required("path"))
            rule.failure = (path, try FileMapping.text(try test.required("equals")))
            try test.finish()
        }
        if let node = file.node("plain_if") {
            var test = try FileMapping(node)
            let statuses = try Self.statuses(try test.required("status"))
            rule.plain = (statuses, try FileMapping.texts(try test.required("contains")))
            try test.finish()
        }
        if let node = file.node("success_text") { rule.successTexts = try FileMapping.texts(node) }
        if let node = file.node("retry_after") {
            var places = try FileMapping(node)
            rule.retryHeader = try places.text("header") ?? rule.retryHeader
            rule.retrySeconds = try places.node("seconds").map(Self.path)
            rule.retryMilliseconds = try places.node("milliseconds").map(Self.path)
            try places.finish()
        }
        rule.reference = try file.node("reference").map(Self.path)
        rule.reason = try file.node("reason").map(Self.path)
        try file.finish()
        return rule
    }

    private static func path(_ node: YAMLNode) throws(PlacedError) -> JSONPath {
        guard let path = JSONPath(try FileMapping.text(node)) else {
            throw PlacedError(node.place, "expected names with dots between them")
        }
        return path
    }

    /// A list of statuses and status classes: `[200, 5xx]`.
    private static func statuses(_ node: YAMLNode) throws(PlacedError) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for text in try FileMapping.texts(node) {
            let isClass = text.count == 3 && text.hasSuffix("xx")
            guard let number = Int(isClass ? String(text.prefix(1)) : text),
                (isClass ? 1...9 : 100...999).contains(number)
            else { throw PlacedError(node.place, "'\(text.truncated(20))' is no status such as 200 or 5xx") }
            ranges.append(isClass ? number * 100...number * 100 + 99 : number...number)
        }
        return ranges
    }
}
