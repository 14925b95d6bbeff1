import TestSupport

extension TestServer {
    /// Sends each byte in its own segment and reads everything until the server ends the connection.
    func exchangeByteByByte(_ bytes: [UInt8]) async throws -> [UInt8] {
        let port = port
        return try await onThread {
            let client = try RawClient(port: port)
            do { for byte in bytes { try client.send([byte]) } } catch RawClient.ReadError.closed {}
            return try client.receiveToEnd()
        }
    }
}
