/// The bytes of a query (RFC 1035 §4.1, RFC 6891).
package enum DNSQuery {
    /// The offered UDP payload size, which passes everywhere without fragmentation (DNS flag day 2020).
    package static let payloadSize: UInt16 = 1232
    static let headerSize = 12
    /// The class IN, which every query asks for.
    static let internet: UInt16 = 1

    /// A query without an identifier, which `setIdentifier` sets.
    ///
    /// `name` is the result of `DNSName.encode`. `isSigned` requests signatures and the resolver's validation of them.
    package static func encode(name: [UInt8], type: UInt16, isRecursive: Bool, isSigned: Bool, usesEDNS: Bool = true)
        -> [UInt8]
    {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSize + name.count + 4 + 11)
        bytes.append(contentsOf: [
            0, 0, isRecursive ? 1 : 0, isSigned ? 0x20 : 0, 0, 1, 0, 0, 0, 0, 0, usesEDNS ? 1 : 0,
        ])
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: [UInt8(type >> 8), UInt8(type & 255), 0, UInt8(internet)])
        guard usesEDNS else { return bytes }
        let size = payloadSize
        // The root, OPT, the size, no extended code, version 0, DO, no options.
        bytes.append(contentsOf: [0, 0, 41, UInt8(size >> 8), UInt8(size & 255), 0, 0, isSigned ? 0x80 : 0, 0, 0, 0])
        return bytes
    }

    static func setIdentifier(_ identifier: UInt16, in query: inout [UInt8]) {
        query[0] = UInt8(identifier >> 8)
        query[1] = UInt8(identifier & 255)
    }

    /// Where the question ends in a query whose name has that many bytes.
    package static func questionEnd(nameSize: Int) -> Int { headerSize + nameSize + 4 }
}
