package import Base
package import HTTPClient

/// A client of a running server's HTTP API.
package struct ServerClient: Sendable {
    /// Sends one request; in production `HTTPClient.send`.
    package typealias Send = @Sendable (HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse

    /// Why a call failed, for people.
    package struct RequestError: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
        /// Whether the server refused a value that it was given, which is the command line's fault.
        package var isInvalidValue = false
    }

    /// Without a slash at the end.
    private let server: String
    private let send: Send

    package init(server: String, send: @escaping Send) { (self.server, self.send) = (server, send) }

    /// The matching elements of a list in the server's order, up to `limit`, and whether there are more.
    ///
    /// Reads page after page with the `cursor` parameter. Query items without a value are omitted. `what` names the
    /// elements in messages.
    ///
    /// Throws `RequestError` as `call` does, and when the answer is not a list.
    package func list(
        _ what: String,
        _ path: String,
        _ query: [(name: String, value: String?)] = [],
        cursor parameter: String = "cursor",
        limit: Int
    ) async throws(RequestError) -> (items: [JSONValue], hasMore: Bool) {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let page = [("limit", "\(min(Self.pageSize, limit - items.count))"), (parameter, cursor)]
            let pairs = (query + page).compactMap { name, value in value.map { "\(name)=\(Self.encoded($0))" } }
            let (body, response) = try await exchange("GET", path + "?" + pairs.joined(separator: "&"))
            guard let list = body.arrayValue else {
                throw RequestError(description: "\(server) answered with something that is no list of \(what)")
            }
            items += list
            cursor = list.isEmpty ? nil : response.header("X-Next-Cursor")
        } while cursor != nil && items.count < limit
        return (Array(items.prefix(limit)), cursor != nil || items.count > limit)
    }

    /// How many elements one request asks for.
    private static let pageSize = 1000

    /// Makes a request; returns the JSON of a 2xx answer, null for an empty one.
    ///
    /// Throws `RequestError` with a message when the server cannot be reached, or the answer has another status than 2xx or
    /// is not JSON.
    @discardableResult
    package func call(
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        timeout: Duration = .seconds(10)
    ) async throws(RequestError) -> JSONValue {
        try await exchange(method, path, body, timeout: timeout).body
    }

    private func exchange(
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        timeout: Duration = .seconds(10)
    ) async throws(RequestError) -> (body: JSONValue, response: HTTPClientResponse) {
        var request = HTTPClientRequest(method: method, url: server + path, timeout: timeout)
        request.headers = [("Accept", "application/json")]
        if let body {
            request.headers.append(("Content-Type", "application/json"))
            request.body = Array(body.description.utf8)
        }
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await send(request)
        } catch {
            throw RequestError(description: "cannot reach \(server): \(error); is 'sentinel serve' running there?")
        }
        guard (200..<300).contains(response.status) else { throw Self.failure(response) }
        guard !response.body.isEmpty else { return (.null, response) }
        do throws(JSONError) {
            return (try JSONValue(parsing: response.body), response)
        } catch {
            throw RequestError(description: "\(server) answered with something that is no JSON: \(error)")
        }
    }

    /// The message of a problem document (RFC 9457), or the status when the body is not one.
    private static func failure(_ response: HTTPClientResponse) -> RequestError {
        let problem = try? JSONValue(parsing: response.body)
        var words = problem?["detail"]?.stringValue ?? problem?["title"]?.stringValue ?? ""
        if let issues = problem?["detail"]?.arrayValue {
            words = issues.prefix(20).map(issue).joined(separator: "; ")
        }
        let text = "the server answered \(response.status)" + (words.isEmpty ? "" : ": \(words)")
        return RequestError(description: TerminalStyle.printable(text), isInvalidValue: response.status == 422)
    }

    /// `url: Field required` for `{"loc": ["body", "url"], "msg": "Field required"}`.
    private static func issue(_ issue: JSONValue) -> String {
        let place = (issue["loc"]?.arrayValue ?? []).dropFirst().map { $0.stringValue ?? $0.description }
        let text = issue["msg"]?.stringValue ?? "invalid"
        // The API's type of an error is meant for programs and tells people nothing.
        let message = text.hasPrefix("Value error, ") ? String(text.dropFirst("Value error, ".count)) : text
        return place.isEmpty ? message : "\(place.joined(separator: ".")): \(message)"
    }

    /// Percent-encodes all but unreserved bytes (RFC 3986 §2.3).
    static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte &- 48 <= 9 || (byte | 32) &- 97 <= 25 || "-._~".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 48 + $0 : 55 + $0 })
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
