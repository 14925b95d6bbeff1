import Base
import Foundation

/// What the benchmarks ask of the API of a server on a loopback port.
final class APIClient {
    /// One monitor to create.
    struct NewMonitor {
        let url: String
        /// Seconds between two checks.
        let interval: Int
    }

    let port: Int
    private let connection: HTTPConnection

    init(port: Int, _ connection: HTTPConnection) {
        self.port = port
        self.connection = connection
    }

    /// Creates monitors over the API, with several requests in flight; returns their ids.
    ///
    /// Throws when one is refused.
    @discardableResult
    func create(_ monitors: [NewMonitor]) throws -> [String] {
        var ids: [String] = []
        for start in stride(from: 0, to: monitors.count, by: 32) {
            let requests = monitors[start..<min(start + 32, monitors.count)].enumerated().map { offset, monitor in
                let body =
                    #"{"name":"bench-\#(start + offset)","url":"\#(monitor.url)","interval":\#(monitor.interval)}"#
                return (method: "POST", path: "/api/v1/monitors", body: Array(body.utf8) as [UInt8]?)
            }
            for response in try connection.pipeline(requests) {
                guard response.status == 201, let id = try? JSONValue(parsing: response.body)["id"] else {
                    let text = String(decoding: response.body.prefix(500), as: UTF8.self)
                    throw BenchError("creating a monitor was answered with \(response.status): \(text)")
                }
                ids.append(id.stringValue ?? id.integerValue.map(String.init) ?? "")
            }
        }
        return ids
    }

    /// Creates resources over the API by path and body, with several requests in flight.
    ///
    /// Throws when one is refused.
    func post(_ bodies: [(path: String, body: String)]) throws {
        for start in stride(from: 0, to: bodies.count, by: 32) {
            let requests = bodies[start..<min(start + 32, bodies.count)].map { path, body in
                (method: "POST", path: path, body: Array(body.utf8) as [UInt8]?)
            }
            for response in try connection.pipeline(requests) where response.status != 201 {
                let text = String(decoding: response.body.prefix(500), as: UTF8.self)
                throw BenchError("creating something was answered with \(response.status): \(text)")
            }
        }
    }

    /// Creates that many monitors with different URLs at the target.
    func create(_ count: Int, interval: Int, at target: LoopbackTarget) throws {
        try create((0..<count).map { NewMonitor(url: target.url("/\($0)"), interval: interval) })
    }

    /// Which of these monitors have a stored result.
    func haveResults(_ ids: [String]) throws -> [Bool] {
        try connection.pipeline(ids.map { ("GET", "/api/v1/monitors/\($0)/history?limit=1", nil) }).map { response in
            guard response.status == 200 else { throw BenchError("a history was answered with \(response.status)") }
            let value = try JSONValue(parsing: response.body)
            return value.arrayValue?.isEmpty == false || value["items"]?.arrayValue?.isEmpty == false
        }
    }

    /// The lateness of each stored check of these monitors in seconds.
    func lateness(_ monitors: [Int]) throws -> [[Double]] {
        try monitors.map { monitor in
            let response = try HTTPConnection(port: port).request(
                "GET",
                "/api/v1/monitors/\(monitor)/history?limit=100"
            )
            guard response.status == 200 else { throw BenchError("a history was answered with \(response.status)") }
            let value = try JSONValue(parsing: response.body)
            return (value.arrayValue ?? value["items"]?.arrayValue ?? []).compactMap { check in
                guard let due = check["scheduled_at"]?.stringValue.flatMap({ Timestamp(iso8601: $0) }),
                    let begun = check["checked_at"]?.stringValue.flatMap({ Timestamp(iso8601: $0) })
                else { return nil }
                return (begun - due) / .seconds(1)
            }
        }
    }

    /// Requests a path over a new connection.
    ///
    /// Throws when the answer is not 200.
    func get(_ path: String) throws {
        let response = try HTTPConnection(port: port).request("GET", path)
        guard response.status == 200 else { throw BenchError("\(path) was answered with \(response.status)") }
    }
}
