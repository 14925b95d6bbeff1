import Base

/// Which fields a response's header has, and what the few say that seldom change from answer to answer.
///
/// Made to tell what differs between two answers, so fields that come and go by nature are passed over, and what a
/// field says is kept only where it is neither secret nor new each time. One object is shared by all equal answers.
package final class HeaderOutline: Sendable {
    package struct Field: Sendable, Equatable {
        /// In lower case.
        package let name: String
        /// nil where only the field's presence is told.
        package let value: String?

        package init(_ name: String, _ value: String?) { (self.name, self.value) = (name, value) }
    }

    /// In the order of their names, each once.
    package let fields: [Field]
    /// The same for the same answers in every process and release; nothing secret can be found from it.
    package let digest: UInt64

    /// The fields in any order; of those of one name the first counts.
    package init(_ fields: [Field], digest: UInt64) {
        var known: Set<String> = []
        self.fields = fields.filter { known.insert($0.name).inserted }.sorted { $0.name < $1.name }
        self.digest = digest
    }

    /// Fields whose values are told.
    package static let told: Set<String> = [
        "content-encoding", "content-type", "server", "strict-transport-security", "www-authenticate", "x-powered-by",
    ]
    /// Fields that some answers have and others do not, though nothing is different.
    package static let passedOver: Set<String> = [
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
