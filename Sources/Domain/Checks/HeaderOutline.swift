import Base

/// The names of a response's header fields, and the values of the few that seldom change.
///
/// It serves to find differences between two answers. So it ignores fields that come and go by nature, and keeps a
/// value only if it is neither secret nor new in each answer. All equal answers share one object.
package final class HeaderOutline: Sendable {
    package struct Field: Sendable, Equatable {
        /// In lower case.
        package let name: String
        /// nil when only the field's presence is recorded.
        package let value: String?

        package init(_ name: String, _ value: String?) { (self.name, self.value) = (name, value) }
    }

    /// In the order of their names, each once.
    package let fields: [Field]
    /// A hash that is stable between processes and releases; it reveals no secret.
    package let digest: UInt64

    /// Takes the fields in any order; of several with one name the first counts.
    package init(_ fields: [Field], digest: UInt64) {
        var known: Set<String> = []
        self.fields = fields.filter { known.insert($0.name).inserted }.sorted { $0.name < $1.name }
        self.digest = digest
    }

    /// Fields whose values are recorded.
    package static let withValues: Set<String> = [
        "content-encoding", "content-type", "server", "strict-transport-security", "www-authenticate", "x-powered-by",
    ]
    /// Fields that equal answers may or may not have.
    package static let ignored: Set<String> = [
        "age", "cf-cache-status", "connection", "content-length", "date", "expires", "keep-alive", "last-modified",
        "set-cookie", "transfer-encoding", "x-cache", "x-cache-hits",
    ]
    /// The most characters of a value.
    package static let valueLimit = 200
}

extension HeaderOutline: Equatable {
    package static func == (left: HeaderOutline, right: HeaderOutline) -> Bool {
        left === right || left.digest == right.digest && left.fields == right.fields
    }
}
