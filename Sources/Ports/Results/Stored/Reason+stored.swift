package import Domain
package import SQL

extension Reason {
    /// The reason of a stored number, nil for 0; `.corrupt` for one that does not exist.
    package init?(stored number: Int64) throws(SQLError) {
        if number == 0 { return nil }
        guard let raw = UInt8(exactly: number), let reason = Reason(rawValue: raw) else {
            throw .corrupt("reason holds a number that this release does not know")
        }
        self = reason
    }
}
