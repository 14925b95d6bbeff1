import Broker
import Base
import Domain

/// Reads the members of a message.
struct MessageReader {
    let members: JSONValue

    /// Throws `MessageError` when the bytes are no JSON object.
    init(_ bytes: [UInt8]) throws(MessageError) {
        do throws(JSONError) { members = try JSONValue(parsing: bytes) } catch {
            throw MessageError("the message is no JSON: \(error)")
        }
        guard case .object = members else { throw MessageError("the message is no object") }
    }

    init(_ members: JSONValue) { self.members = members }

    func integer(_ name: String) throws(MessageError) -> Int64 {
        guard let value = members[name]?.integerValue else { throw MessageError("\(name) is no whole number") }
        return value
    }

    func text(_ name: String) throws(MessageError) -> String {
        guard let value = members[name]?.stringValue else { throw MessageError("\(name) is no text") }
        return value
    }

    /// An instant in milliseconds since 1970, within the years that Sentinel knows.
    func time(_ name: String) throws(MessageError) -> Timestamp {
        guard let time = Timestamp(exactMilliseconds: try integer(name)) else {
            throw MessageError("\(name) is no instant of the years 1 to 9999")
        }
        return time
    }

    /// A duration in microseconds, not negative and not longer than a century.
    func duration(_ name: String) throws(MessageError) -> Duration? {
        guard let value = members[name], value != .null else { return nil }
        guard let microseconds = value.integerValue, (0...3_155_760_000_000_000).contains(microseconds) else {
            throw MessageError("\(name) is no duration")
        }
        return .microseconds(microseconds)
    }

    func count(_ name: String) throws(MessageError) -> Int {
        guard let value = members[name], value != .null else { return 0 }
        guard let count = value.integerValue, (0...1 << 40).contains(count) else {
            throw MessageError("\(name) is no number of things")
        }
        return Int(count)
    }

    func region(_ name: String) throws(MessageError) -> RegionID {
        guard let number = UInt16(exactly: try integer(name)) else { throw MessageError("\(name) is no region") }
        return RegionID(rawValue: number)
    }

    func regionName(_ name: String) throws(MessageError) -> RegionName {
        guard let name = RegionName(rawValue: try text(name)) else {
            throw MessageError("\(name) is no name of a region")
        }
        return name
    }

    func monitor() throws(MessageError) -> MonitorID { MonitorID(rawValue: try integer("monitor_id")) }
}

extension JSONObject {
    /// As a message.
    var message: [UInt8] { Array(JSONValue.object(self).description.utf8) }
}
