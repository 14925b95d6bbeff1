import TestSupport

extension TargetConnection {
    /// Reads a mail to its final dot; false when the sender disconnects before.
    func readMail() -> Bool {
        var received: [UInt8] = []
        while !received.suffix(5).elementsEqual("\r\n.\r\n".utf8) {
            let piece = read()
            if piece.isEmpty { return false }
            received += piece
        }
        return true
    }
}
