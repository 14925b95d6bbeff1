package import SQL

/// Why a repository operation failed.
package enum StorageError: Error, Sendable, Equatable {
    /// A field whose value must be unique.
    package enum Field: String, Sendable {
        case name
        case url
    }

    /// Another monitor has this name or URL.
    case duplicate(Field)
    /// There is no such row.
    case notFound
    /// The row was changed since the given revision.
    case conflict
    /// A monitor would depend on itself, or on one that does not exist; the text says which.
    case dependency(String)
    /// A monitor names a region, and no more regions can be named; the text says why.
    case regions(String)
    /// This monitor has the target, which no two may share.
    case targetTaken(by: Int64)
    /// A stored value cannot be read.
    case unreadable(String)
    /// The database refused the statement or failed.
    case database(SQLError)

    /// The error of a statement, as callers of a repository see it.
    package init(_ error: SQLError) {
        if case .unique(_, let columns) = error, let field = columns.lazy.compactMap(Field.init(rawValue:)).first {
            self = .duplicate(field)
        } else if case .constraint(let text) = error, text.hasPrefix(Dependencies.mark) {
            self = .dependency(String(text.dropFirst(Dependencies.mark.count)))
        } else if case .constraint(let text) = error, text.hasPrefix(RegionTable.mark) {
            self = .regions(String(text.dropFirst(RegionTable.mark.count)))
        } else if case .constraint(let text) = error, text.hasPrefix(ExclusiveTargets.mark) {
            self = .targetTaken(by: Int64(text.dropFirst(ExclusiveTargets.mark.count)) ?? 0)
        } else if case .unreadable(let fault) = error {
            self = .unreadable(fault.description)
        } else {
            self = .database(error)
        }
    }

    /// A name from a fixed set, for metrics.
    package var label: String {
        switch self {
        case .duplicate: "duplicate"
        case .notFound: "not_found"
        case .conflict: "conflict"
        case .dependency: "dependency"
        case .regions: "regions"
        case .targetTaken: "target_taken"
        case .unreadable: "unreadable"
        case .database(let error): error.label
        }
    }

    /// Why the store cannot be used now, for whoever asks over the network; nil when the error is another.
    package var unavailability: String? {
        guard case .database(let error) = self, error.isTransient else { return nil }
        return error.reason
    }

    /// Whether the same call may succeed later.
    package var isTransient: Bool { if case .database(let error) = self { error.isTransient } else { false } }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .duplicate(let field): "another monitor has this \(field.rawValue)"
        case .notFound: "not found"
        case .conflict: "changed in the meantime"
        case .dependency(let text), .regions(let text): text
        case .targetTaken(let id): "monitor \(id) has this target, which no two may share"
        case .unreadable(let what): "a stored value cannot be read: \(what)"
        case .database(let error): error.description
        }
    }
}
