/// The HTTP status codes that count as success: `200-299,301`.
package struct StatusSet: Sendable, Hashable, CustomStringConvertible {
    /// Ascending, neither overlapping nor adjacent.
    package let ranges: [ClosedRange<Int>]

    /// 200 to 399.
    package static let standard = StatusSet(ranges: [200...399])

    private init(ranges: [ClosedRange<Int>]) { self.ranges = ranges }

    package init(_ code: Int) { ranges = [code...code] }

    /// Parses codes and ranges from 100 to 599, separated by commas.
    ///
    /// nil when the list is empty, has over 50 entries, or an entry is malformed, out of bounds or ends before it
    /// starts.
    package init?(text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 50 else { return nil }
        var found: [ClosedRange<Int>] = []
        for part in parts {
            let bounds = part.trimmingSpaces.split(separator: "-", omittingEmptySubsequences: false)
            guard bounds.count <= 2, let first = bounds.first, let low = Self.code(first.trimmingSpaces) else {
                return nil
            }
            let last = bounds.count == 2 ? Self.code(bounds[1].trimmingSpaces) : low
            guard let high = last, low <= high else { return nil }
            found.append(low...high)
        }
        found.sort { $0.lowerBound < $1.lowerBound }
        var merged: [ClosedRange<Int>] = []
        for range in found {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        guard !merged.isEmpty else { return nil }
        ranges = merged
    }

    private static func code(_ text: Substring) -> Int? {
        guard text.utf8.count == 3, let code = Int(text), (100...599).contains(code) else { return nil }
        return code
    }

    package func contains(_ code: Int) -> Bool { ranges.contains { $0.contains(code) } }

    package var description: String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
    }
}

extension Substring {
    /// The text without spaces and tabs at its ends.
    var trimmingSpaces: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }
}
