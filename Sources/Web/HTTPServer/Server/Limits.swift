/// The limits that keep clients from exhausting the server.
package struct Limits: Sendable {
    /// Bytes of a request line and header fields together; more is 431.
    package var headBytes = 16 * 1024
    /// Bytes of a request target; more is 414.
    package var targetBytes = 8 * 1024
    /// Header fields of a request; more is 431.
    package var fields = 100
    /// Bytes of a request body; more is 413.
    package var bodyBytes = 1 << 20
    /// Bytes that the bodies of all running requests may hold together; beyond that the slowest is answered 503.
    package var heldBodyBytes = 32 << 20
    /// Bytes of a streamed body that are buffered for its reader before the client has to wait.
    package var bodyBufferBytes = 64 * 1024
    /// Bytes of pipelined requests that are buffered while one is answered.
    package var pipelineBytes = 64 * 1024
    /// Unsent bytes from which writers wait; they continue below half of it.
    package var outputBytes = 64 * 1024
    /// Bytes of one WebSocket message; more closes with 1009.
    package var webSocketMessageBytes = 1 << 20
    /// Bytes of received WebSocket messages that are buffered for their reader before the client has to wait.
    package var webSocketBufferBytes = 256 * 1024

    /// The time from a request's first byte (or the connection's opening) to the end of its head; then 408.
    package var headTimeout = Duration.seconds(10)
    /// How far a body may fall behind `minimumBodyRate`; then 408.
    package var bodyTimeout = Duration.seconds(30)
    /// Bytes per second that a body must keep up on average.
    package var minimumBodyRate = 16 * 1024
    /// How long a connection may wait for its next request.
    package var idleTimeout = Duration.seconds(60)
    /// How long a client may accept nothing of what is sent to it.
    package var writeTimeout = Duration.seconds(30)
    /// The interval of WebSocket pings; two without any answer close the connection.
    package var pingInterval = Duration.seconds(30)
    /// How long a closed connection is still read, and for how many bytes, so that the last answer arrives.
    package var lingerTimeout = Duration.seconds(2)
    package var lingerBytes = 256 * 1024
    /// How long accepting pauses when the process is out of descriptors.
    package var acceptBackOff = Duration.milliseconds(250)

    /// Open connections in all; more are answered 503.
    package var connections = 10_000
    /// Open connections of one remote address; more are answered 503.
    package var connectionsPerAddress = 1_000
    /// The value of `Retry-After` in such an answer, in whole seconds.
    package var retryAfter = Duration.seconds(5)

    package init() {}
}
