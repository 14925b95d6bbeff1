/// Who fetches tokens, and where: the client credentials grant of RFC 6749 §4.4.
package struct OAuth2Client: Sendable, Hashable {
    /// An http or https URL.
    package var tokenURL: String
    package var id: String
    package var secret: String
    /// Names with spaces between; nil leaves it to the server.
    package var scope: String?
    /// What the token is for, where the server wants to know.
    package var audience: String?
    /// Whether id and secret stand in the form instead of in an Authorization field.
    package var sendsInBody: Bool

    package init(
        tokenURL: String,
        id: String,
        secret: String,
        scope: String? = nil,
        audience: String? = nil,
        sendsInBody: Bool = false
    ) {
        (self.tokenURL, self.id, self.secret) = (tokenURL, id, secret)
        (self.scope, self.audience, self.sendsInBody) = (scope, audience, sendsInBody)
    }
}
