import Base
import Checks

extension FieldType<HTTPSettings.Authentication> {
    /// Basic, digest, bearer or OAuth2; the password, the token and the client's secret are secret.
    static var httpAuthentication: Self {
        var type = Self(
            schema: schema,
            placeholder: "basic:USER:PASSWORD",
            write: { json($0, secret: { $0 }) },
            read: read,
            parse: parse
        )
        type.secrets = Secrets(
            isHeld: { _ in true },
            mask: { json($0, secret: { _ in SecretMask.text }) },
            restore: { (sent, stored) throws(FieldValueError) in try restored(sent, stored) }
        )
        return type
    }

    @Sendable private static func read(_ value: JSONValue) -> HTTPSettings.Authentication? {
        if value["type"]?.stringValue == "oauth2" {
            guard let url = value["token_url"]?.stringValue, let id = value["client_id"]?.stringValue,
                let secret = value["client_secret"]?.stringValue
            else { return nil }
            return .oauth2(
                OAuth2Client(
                    tokenURL: url,
                    id: id,
                    secret: secret,
                    scope: value["scope"]?.stringValue,
                    audience: value["audience"]?.stringValue,
                    sendsInBody: value["send_in"]?.stringValue == "body"
                )
            )
        }
        guard let secret = (value["password"] ?? value["token"])?.stringValue else { return nil }
        guard let user = value["username"]?.stringValue else { return .bearer(token: secret) }
        return value["type"]?.stringValue == "digest"
            ? .digest(user: user, password: secret) : .basic(user: user, password: secret)
    }

    /// Reads `basic:USER:PASSWORD`, `digest:USER:PASSWORD`, `bearer:TOKEN`, or the API's object.
    ///
    /// A blank may stand for the first colon.
    @Sendable private static func parse(_ text: String) -> JSONValue? {
        if text.hasPrefix("{") { return try? JSONValue(parsing: text) }
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == ":" || $0 == " " }
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        switch parts[0] {
        case "bearer": return ["type": "bearer", "token": .string(String(parts[1]))]
        case "basic", "digest":
            let login = parts[1].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard login.count == 2, !login[0].isEmpty else { return nil }
            return [
                "type": .string(String(parts[0])), "username": .string(String(login[0])),
                "password": .string(String(login[1])),
            ]
        default: return nil
        }
    }

    private static func restored(
        _ sent: HTTPSettings.Authentication,
        _ stored: HTTPSettings.Authentication?
    ) throws(FieldValueError) -> HTTPSettings.Authentication {
        switch (sent, stored) {
        case (.basic(let user, SecretMask.text), .basic(_, let password)?):
            return .basic(user: user, password: password)
        case (.digest(let user, SecretMask.text), .digest(_, let password)?):
            return .digest(user: user, password: password)
        case (.bearer(SecretMask.text), .bearer(let token)?): return .bearer(token: token)
        case (.oauth2(var client), .oauth2(let kept)?) where client.secret == SecretMask.text:
            guard client.tokenURL == kept.tokenURL else {
                throw FieldValueError("is stored for another token_url: send it again", at: ["client_secret"])
            }
            client.secret = kept.secret
            return .oauth2(client)
        case (.basic(_, SecretMask.text), _), (.digest(_, SecretMask.text), _):
            throw FieldValueError(SecretMask.nothingStored.reason, at: ["password"])
        case (.bearer(SecretMask.text), _): throw FieldValueError(SecretMask.nothingStored.reason, at: ["token"])
        case (.oauth2(let client), _) where client.secret == SecretMask.text:
            throw FieldValueError(SecretMask.nothingStored.reason, at: ["client_secret"])
        default: return sent
        }
    }

    private static func json(
        _ authentication: HTTPSettings.Authentication,
        secret: (String) -> String
    ) -> JSONValue {
        switch authentication {
        case .basic(let user, let password):
            return ["type": "basic", "username": .string(user), "password": .string(secret(password))]
        case .digest(let user, let password):
            return ["type": "digest", "username": .string(user), "password": .string(secret(password))]
        case .bearer(let token): return ["type": "bearer", "token": .string(secret(token))]
        case .oauth2(let client):
            return [
                "type": "oauth2", "token_url": .string(client.tokenURL), "client_id": .string(client.id),
                "client_secret": .string(secret(client.secret)), "scope": client.scope.map { .string($0) } ?? .null,
                "audience": client.audience.map { .string($0) } ?? .null,
                "send_in": client.sendsInBody ? "body" : "header",
            ]
        }
    }

    // MARK: Schema

    private static let kept = "Never answered; ******** keeps what is stored."

    private static var schema: Schema {
        let bearer = Schema.object(
            "BearerAuthentication",
            [
                .required("type", .oneOf(["bearer"]), "A bearer token."),
                .required(
                    "token",
                    .string(length: 1...4096, rule: HTTPRules.headerValue).example("********"),
                    kept
                ),
            ]
        )
        return .tagged(
            "type",
            [
                ("basic", password("BasicAuthentication", "basic", "HTTP basic authentication.")), ("bearer", bearer),
                ("digest", password("DigestAuthentication", "digest", "HTTP digest authentication.")),
                ("oauth2", oauth2),
            ]
        )
    }

    private static func password(_ name: String, _ word: String, _ about: String) -> Schema {
        .object(
            name,
            [
                .required("type", .oneOf([word]), about),
                .required("username", .string(length: 0...255, rule: HTTPRules.userName), "The user's name."),
                .required(
                    "password",
                    .string(length: 0...4096, rule: HTTPRules.headerValue).example("********"),
                    kept
                ),
            ]
        )
    }

    private static var oauth2: Schema {
        let text = Schema.string(length: 1...1024, rule: HTTPRules.headerValue)
        return .object(
            "OAuth2Authentication",
            [
                .required("type", .oneOf(["oauth2"]), "A bearer token by the client credentials grant (RFC 6749)."),
                .required(
                    "token_url",
                    .string(
                        length: 1...2048,
                        format: "uri",
                        example: "https://auth.example.com/token",
                        rule: HTTPRules.tokenURL
                    ),
                    "Where tokens are fetched."
                ),
                .required("client_id", .string(length: 1...255, rule: HTTPRules.headerValue), "The client's name."),
                .required(
                    "client_secret",
                    .string(length: 1...4096, rule: HTTPRules.headerValue).example("********"),
                    kept
                ),
                .optional("scope", text.nullable, default: .null, "Scopes with spaces between."),
                .optional("audience", text.nullable, default: .null, "What the token is for."),
                .optional(
                    "send_in",
                    .oneOf(["header", "body"]),
                    default: "header",
                    "Where id and secret stand in the request."
                ),
            ]
        )
    }
}
