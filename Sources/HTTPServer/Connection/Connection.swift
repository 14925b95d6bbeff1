import Runtime

/// One client's connection, confined to its loop.
actor Connection {
    nonisolated let context: LoopContext
    nonisolated var unownedExecutor: UnownedSerialExecutor { context.loop.asUnownedSerialExecutor() }
    init(context: LoopContext) { self.context = context }
    static func start(_ descriptor: Int32, _ context: LoopContext) { ListeningSocket.close(descriptor) }
    nonisolated func onLoop(_ body: (isolated Connection) -> Void) { assumeIsolated(body) }
    func drain() {}
    func close() {}
    func nextBodyPiece(of exchange: UInt32) async throws(HTTPServerError) -> [UInt8]? { nil }
    func writePiece(_ bytes: [UInt8], of exchange: UInt32) async throws(HTTPServerError) {}
    func receiveMessage() async throws(HTTPServerError) -> WebSocket.Message? { nil }
    func sendMessage(_ message: WebSocket.Message) async throws(HTTPServerError) {}
    func closeWebSocket(_ code: UInt16, reason: String) {}
}
