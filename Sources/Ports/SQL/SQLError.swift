/// Why a statement failed, in the cases that callers distinguish.
package enum SQLError: Error, Sendable, Equatable {
    /// Another connection holds the lock; try again.
    case busy
    /// No space is left on the device or in the quota; may succeed when there is.
    case full
    /// The file or its folder cannot be written now.
    case readOnly
    /// A value that must be unique is taken; names are lower case, empty when unknown.
    case unique(table: String, columns: [String])
    /// Another constraint of the schema was violated; says which kind.
    case constraint(String)
    /// The stored data are corrupt, or the file is no database.
    case corrupt(String)
    /// One row cannot be read; the others can.
    case unreadable(RowFault)
    /// The write's lease belongs to another process now; nothing was written.
    case fenced(String)
    /// Transactions of several writers conflicted; the port tries again.
    case conflict
    /// The database cannot be reached or opened now.
    case unavailable(String)
    /// The statement or its parameters are wrong: a bug in the program.
    case programming(String)

    /// A name from a fixed set, for metrics.
    package var label: String {
        switch self {
        case .busy: "busy"
        case .full: "full"
        case .readOnly: "read_only"
        case .unique: "unique"
        case .constraint: "constraint"
        case .corrupt: "corrupt"
        case .unreadable: "unreadable"
        case .fenced: "fenced"
        case .conflict: "conflict"
        case .unavailable: "unavailable"
        case .programming: "programming"
        }
    }

    /// What is wrong, without the row.
    package var text: String {
        switch self {
        case .corrupt(let text): text
        case .unreadable(let fault): fault.problem
        default: description
        }
    }

    /// What is wrong, for whoever asks over the network: without paths, addresses and the server's words.
    package var reason: String {
        switch self {
        case .busy: "the database is locked by another program"
        case .full: "the disk is full"
        case .readOnly: "the database is read-only"
        case .unavailable: "the database cannot be opened or reached"
        case .corrupt: "the database is damaged"
        case .conflict, .fenced: "another process got in the way"
        case .unique, .constraint, .unreadable, .programming: "a statement failed"
        }
    }

    /// Whether the same call may succeed later, although neither the call nor the data changes.
    package var isTransient: Bool {
        switch self {
        case .busy, .full, .readOnly, .unavailable, .conflict: true
        case .unique, .constraint, .corrupt, .unreadable, .fenced, .programming: false
        }
    }
}

extension SQLError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .busy: "the database is locked by another connection"
        case .full: "no space is left for the database"
        case .readOnly: "the database cannot be written"
        case .unique(let table, let columns): "\(table)(\(columns.joined(separator: ", "))) must be unique"
        case .constraint(let kind): "a constraint was broken: \(kind)"
        case .corrupt(let reason): "the database is damaged: \(reason)"
        case .unreadable(let fault): "a stored row cannot be read: \(fault)"
        case .fenced(let lease): "another process holds the lease \(lease) by now"
        case .conflict: "another transaction got in the way"
        case .unavailable(let reason): "the database is not available: \(reason)"
        case .programming(let reason): "wrong use of the database: \(reason)"
        }
    }
}
