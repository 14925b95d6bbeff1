import Base
package import HTTPServer

extension APIProblem {
    /// The problem as a response.
    package var response: Response {
        var headers = Headers()
        for (name, value) in fields { headers.append(name, value) }
        headers.append("Cache-Control", "no-store")
        return Response(
            Status(status),
            contentType: "application/problem+json",
            headers: headers,
            body: .bytes(Array(json.description.utf8))
        )
    }
}

extension Response {
    /// A JSON response that caches must not keep.
    static func json(_ value: JSONValue, status: Status = .ok) -> Response {
        var bytes: [UInt8] = []
        JSONWriter.append(value, to: &bytes)
        var response = Response.json(bytes, status: status)
        response.headers.append("Cache-Control", "no-store")
        return response
    }
}
