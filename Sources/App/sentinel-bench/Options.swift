/// The subjects and durations to measure, from the command line.
struct Options {
    static let usage = """
        usage: sentinel-bench [SUBJECT ...] [OPTION VALUE ...]
        subjects: \(Subject.allCases.map(\.rawValue).joined(separator: " ")); without any, all but cluster, faults, hung, postgres, scale, soak and takeover
        options:
          --rates 500,2000           checks a second, for cost; the last for cluster
          --counts 1000,10000,100000 monitors, for memory
          --scale 250000,500000,1000000  monitors, for scale
          --readers 10000            open readers, for live
          --rules 10000              rules of a minute each, for rules
          --rows 2000000             stored results, for postgres
          --database URL             an empty PostgreSQL database, for postgres
          --kafka HOST:PORT          a Kafka without topics, for cluster, faults and takeover
          --seed 1                   order of the kills, for faults
          --seconds 10               length of a measured window
          --repeats 3                measured windows, of which the median counts
          --minutes 60               length of soak
          --sentinel PATH            the program to measure, default .build/release/sentinel
          --tools FOLDER             where target and floor are, default .build/bench
          --results FOLDER           where the JSON goes, default Benchmarks/results
        """

    var subjects: [Subject] = []
    var rates = [500, 2000]
    var counts = [1000, 10_000, 100_000]
    var scale = [250_000, 500_000, 1_000_000]
    var readers = 10_000
    var rules = 10_000
    var rows = 2_000_000
    var database = ""
    var kafka = ""
    var seed = 1
    var seconds = 10
    var repeats = 3
    var minutes = 60
    var sentinel = ".build/release/sentinel"
    var tools = ".build/bench"
    var results = "Benchmarks/results"

    /// Parses the arguments after the program's name.
    ///
    /// Throws with a message for an unknown option or a value out of range.
    init(_ arguments: [String]) throws(BenchError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if let subject = Subject(rawValue: argument) {
                subjects.append(subject)
            } else if argument.hasPrefix("--"), let value = rest.popFirst() {
                try set(argument, value)
            } else {
                throw BenchError(Self.usage)
            }
        }
        if subjects.isEmpty {
            subjects = Subject.allCases.filter {
                ![.cluster, .faults, .hung, .postgres, .scale, .soak, .takeover].contains($0)
            }
        }
    }

    private mutating func set(_ option: String, _ value: String) throws(BenchError) {
        switch option {
        case "--rates": rates = try Self.integers(option, value, 1...100_000)
        case "--counts": counts = try Self.integers(option, value, 1...1_000_000)
        case "--scale": scale = try Self.integers(option, value, 1...2_000_000)
        case "--readers": readers = try Self.integer(option, value, 1...100_000)
        case "--rules": rules = try Self.integer(option, value, 1...100_000)
        case "--seconds": seconds = try Self.integer(option, value, 1...600)
        case "--repeats": repeats = try Self.integer(option, value, 1...100)
        case "--minutes": minutes = try Self.integer(option, value, 1...10_000)
        case "--rows": rows = try Self.integer(option, value, 1000...1_000_000_000)
        case "--database": database = value
        case "--kafka": kafka = value
        case "--seed": seed = try Self.integer(option, value, 1...1_000_000)
        case "--sentinel": sentinel = value
        case "--tools": tools = value
        case "--results": results = value
        default: throw BenchError("unknown option \(option)\n\(Self.usage)")
        }
    }

    private static func integer(_ option: String, _ text: String, _ range: ClosedRange<Int>) throws(BenchError) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw BenchError("\(option): \(text) is no integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func integers(
        _ option: String,
        _ text: String,
        _ range: ClosedRange<Int>
    ) throws(BenchError) -> [Int] {
        var values: [Int] = []
        for part in text.split(separator: ",") { values.append(try integer(option, String(part), range)) }
        return values
    }
}
