import Base

/// Why a request was not served, before it reached a handler.
package struct Problem: Sendable, Equatable {
    package let status: Status
    /// One sentence for the client.
    package let detail: String
    /// The methods that the path accepts; only with 405.
    package let allow: [Method]

    package init(_ status: Status, _ detail: String, allow: [Method] = []) {
        (self.status, self.detail, self.allow) = (status, detail, allow)
    }

    /// The problem document of RFC 9457, with `Allow` when there are methods to name.
    package var response: Response {
        var writer = JSONWriter()
        writer.object { members in
            members.member("type", "about:blank")
            members.member("title", "\(status.reason)")
            members.member("status", status.code)
            members.member("detail", detail)
        }
        var response = Response(status, contentType: "application/problem+json", body: .bytes(writer.bytes))
        if !allow.isEmpty { response.headers.append("Allow", allow.headerValue) }
        return response
    }
}

extension [Method] {
    /// The names, separated by commas, as in an `Allow` field.
    var headerValue: String { map(\.description).joined(separator: ", ") }
}
