/// Why a benchmark could not be run; the text is for the terminal.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
