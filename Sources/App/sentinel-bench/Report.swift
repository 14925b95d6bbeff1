import Base
import Foundation

/// The measured figures, as a table for the terminal and as JSON to keep.
struct Report {
    /// The limit of a figure.
    enum Bound {
        case atMost(must: Double, aim: Double)
        case atLeast(must: Double, aim: Double)
    }

    private struct Row {
        let name: String
        let value: Double
        let unit: String
        let bound: Bound?
    }

    private var rows: [Row] = []

    /// Adds a figure and prints it.
    mutating func add(_ name: String, _ value: Double, _ unit: String, _ bound: Bound? = nil) {
        let row = Row(name: name, value: value, unit: unit, bound: bound)
        rows.append(row)
        say("  \(Self.line(row))")
    }

    /// All figures, one a line, with their limits and whether they are met.
    var table: String {
        let head = "figure".padding(toLength: 58, withPad: " ", startingAt: 0) + "       value           must      aim"
        return ([head] + rows.map(Self.line)).joined(separator: "\n")
    }

    private static func line(_ row: Row) -> String {
        let name = row.name.padding(toLength: max(58, row.name.count), withPad: " ", startingAt: 0)
        let value = String(format: "%12.3f %-4@", row.value, row.unit as NSString)
        guard let bound = row.bound else { return "\(name)\(value)" }
        let verdict =
            switch verdict(row.value, bound) {
            case .missed: "MISSED"
            case .must: "must met"
            case .aim: "aim met"
            }
        let (sign, must, aim) =
            switch bound {
            case .atMost(let must, let aim): ("≤", must, aim)
            case .atLeast(let must, let aim): ("≥", must, aim)
            }
        return name + value + String(format: " %@ %7.2f %@ %7.2f  %@", sign, must, sign, aim, verdict)
    }

    private enum Verdict: String {
        case missed, must, aim
    }

    private static func verdict(_ value: Double, _ bound: Bound) -> Verdict {
        switch bound {
        case .atMost(let must, let aim): value <= aim ? .aim : value <= must ? .must : .missed
        case .atLeast(let must, let aim): value >= aim ? .aim : value >= must ? .must : .missed
        }
    }

    private var json: JSONValue {
        let figures = rows.map { row in
            var object: JSONObject = JSONObject([
                ("name", .string(row.name)), ("value", .number(row.value)), ("unit", .string(row.unit)),
            ])
            if let bound = row.bound { object["verdict"] = .string(Self.verdict(row.value, bound).rawValue) }
            return JSONValue.object(object)
        }
        return [
            "version": .string(version),
            "measured_at": .string(Timestamp.now.description),
            "cores": .integer(Int64(ProcessInfo.processInfo.activeProcessorCount)),
            "system": .string(ProcessInfo.processInfo.operatingSystemVersionString),
            "figures": .array(figures),
        ]
    }

    /// Writes the figures as JSON into the folder, which is created if needed; returns the file's path.
    func write(to folder: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let name = Timestamp.now.description.replacingOccurrences(of: ":", with: "")
        let path = "\(folder)/\(name).json"
        var writer = JSONWriter()
        writer.value(json)
        try Data(writer.bytes + [10]).write(to: URL(fileURLWithPath: path))
        return path
    }
}
