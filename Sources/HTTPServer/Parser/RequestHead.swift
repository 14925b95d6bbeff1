/// A request's head, taken apart.
struct RequestHead: Sendable {
    var method: Method
    /// 0 to 9; the major version is 1.
    var minorVersion: UInt8
    var path: String
    var query: String?
    var headers: Headers
    var framing = Framing()

    /// What the head says about the connection and the body.
    struct Framing: Sendable, Equatable {
        var keepsAlive = false
        var isChunked = false
        var expectsContinue = false
        /// Whether `Connection` lists `upgrade`.
        var asksUpgrade = false
        var contentLength: Int?
    }
}
