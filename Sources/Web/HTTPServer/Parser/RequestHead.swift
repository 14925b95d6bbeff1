/// A parsed request head.
package struct RequestHead: Sendable {
    package var method: Method
    /// 0 to 9; the major version is 1.
    package var minorVersion: UInt8
    package var path: String
    package var query: String?
    package var headers: Headers
    package var framing = Framing()

    /// What the head declares about the connection and the body.
    package struct Framing: Sendable, Equatable {
        package var keepsAlive = false
        package var isChunked = false
        package var expectsContinue = false
        /// Whether `Connection` lists `upgrade`.
        package var asksUpgrade = false
        package var contentLength: Int?
    }
}
