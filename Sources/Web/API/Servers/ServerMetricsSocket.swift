import Alerting
import Base
import Domain
import HTTPServer

/// One watcher of a server over a WebSocket.
struct ServerMetricsSocket {
    let feed: MetricsFeed
    let server: ServerID
    let socket: WebSocket

    /// Serves until the client leaves or nothing more comes.
    func run() async throws {
        // Nothing is expected of a watcher, but what it says must be taken: its leaving comes after it.
        await socket.onMessage { [socket] in Task { await socket.take() } }
        let watch: MetricsWatch
        do throws(MetricsFeedError) {
            watch = try feed.watch(server)
        } catch {
            switch error {
            case .full: return await socket.close(1013, reason: "there are too many watchers; try again")
            case .stopping: return await close(.stopping)
            }
        }
        for await message in watch.messages {
            // Messages that wait for one who is too slow are old.
            if watch.end == .slow { break }
            try await socket.send(utf8: message)
        }
        if let end = watch.end { try await finish(end) }
    }

    private func finish(_ end: MetricsEnd) async throws {
        switch end {
        case .noServer: try await refuse("Server not found")
        case .inactive: try await refuse("Server is not active")
        case .slow, .unavailable, .stopping: await close(end)
        }
    }

    /// Says why, as a message too: few clients look at the reason of a close.
    private func refuse(_ reason: String) async throws {
        let message: JSONValue = ["error": .string(reason)]
        try await socket.send(message.description)
        await socket.close(1000, reason: reason)
    }

    private func close(_ end: MetricsEnd) async {
        switch end {
        case .slow: await socket.close(1013, reason: "too slow: messages came faster than they were read")
        case .unavailable: await socket.close(1013, reason: "the store is not available; try again")
        case .stopping, .noServer, .inactive: await socket.close(1001, reason: "the server is stopping")
        }
    }
}
