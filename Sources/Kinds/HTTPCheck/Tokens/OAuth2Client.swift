/// A client of the client credentials grant (RFC 6749 §4.4).
package struct OAuth2Client: Sendable, Hashable {
    /// An http or https URL.
    package var tokenURL: String
    package var id: String
    package var secret: String
    /// Scopes separated by spaces; nil leaves the choice to the server.
    package var scope: String?
    /// The intended audience of the token, for servers that require one.
    package var audience: String?
    /// Whether id and secret are sent in the form rather than in an Authorization field.
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
