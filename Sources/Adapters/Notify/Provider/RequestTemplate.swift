/// How a message becomes an HTTP request.
struct RequestTemplate: Sendable {
    let method: Template
    let url: Template
    let query: [(name: String, value: Template)]
    let headers: [(name: String, value: Template)]
    /// The setting that holds additional header fields.
    let moreHeaders: String?
    let authentication: [Authentication]
    let body: Body

    enum Body: Sendable {
        case none
        case json(BodyNode)
        case form([(name: String, value: Template)])
    }

    /// How the sender authenticates; omitted when its secret is empty.
    enum Authentication: Sendable {
        case bearer(Template)
        case basic(user: Template, password: Template)
        case header(name: String, Template)
        /// HMAC-SHA256 over time and body: `t=SECONDS,v1=HEX`.
        case signature(header: String, secret: Template)
    }
}

/// The three templates of a mail.
struct MailTemplate: Sendable {
    let subject: BodyNode
    let text: BodyNode
    let html: BodyNode
}
