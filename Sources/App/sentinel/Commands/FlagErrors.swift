import Arguments

/// What is wrong with the flags of one command line: all of it, so that nobody has to find one error after another.
struct FlagErrors {
    private var found: [(flag: String, error: UsageError)] = []

    var isEmpty: Bool { found.isEmpty }

    /// Notes an error of a flag, named without dashes; an empty name stands for the target.
    ///
    /// Only the first error of a flag is kept.
    mutating func add(_ error: UsageError, of flag: String) {
        guard flag.isEmpty || !holds(flag) else { return }
        found.append((flag, error))
    }

    /// Whether something is wrong with a flag.
    func holds(_ flag: String) -> Bool { found.contains { $0.flag == flag } }

    /// The result of reading a flag; nil when it throws a usage error, which is noted.
    ///
    /// Throws any other error.
    mutating func noting<Value>(_ flag: String, _ read: () throws -> Value?) throws -> Value? {
        do { return try read() } catch let error as UsageError {
            add(error, of: flag)
            return nil
        }
    }

    /// Throws the errors in the order in which their flags were given: the target first, and last what is no flag.
    func check(_ invocation: Invocation) throws(UsageError) {
        let positions = found.map { $0.flag.isEmpty ? -1 : invocation.position(ofOption: $0.flag) ?? .max }
        let order = found.indices.sorted { (positions[$0], $0) < (positions[$1], $1) }
        guard let first = order.first else { return }
        throw order.count == 1 ? found[first].error : .several(order.map { found[$0].error })
    }
}
