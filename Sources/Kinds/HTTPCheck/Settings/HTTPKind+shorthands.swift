package import Base
package import Checks

extension HTTPKind {
    package static let shorthands: [FlagShorthand] = [
        FlagShorthand(
            "expect",
            placeholder: "CODES",
            help: "Status codes that count as up, such as 200-299,301: the same as --expected-status."
        ) { (text) throws(FieldValueError) in JSONObject([("expected_status", .string(text))]) },
        FlagShorthand("insecure", short: "k", help: "Accept any certificate: the same as --no-verify-tls.") {
            _ throws(FieldValueError) in JSONObject([("verify_tls", false)])
        },
        FlagShorthand(
            "basic",
            placeholder: "USER:PASSWORD|@FILE",
            isSecret: true,
            variable: "SENTINEL_BASIC",
            help: "Basic authentication; also from SENTINEL_BASIC.",
            members: basic
        ),
        FlagShorthand(
            "bearer",
            placeholder: "TOKEN|@FILE",
            isSecret: true,
            variable: "SENTINEL_BEARER",
            help: "Bearer token to send; also from SENTINEL_BEARER.",
            members: bearer
        ),
    ]

    /// A body implies POST unless another method is given.
    package static func completed(_ members: JSONObject) -> JSONObject {
        let hasBody = ["body", "body_file", "form"].contains { members[$0] != nil }
        guard hasBody, members["method"] == nil else { return members }
        var members = members
        members["method"] = "POST"
        return members
    }

    private static func basic(_ text: String) throws(FieldValueError) -> JSONObject {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw FieldValueError("must be USER:PASSWORD without control characters, or @FILE")
        }
        let auth: JSONValue = [
            "type": "basic", "username": .string(String(parts[0])), "password": .string(String(parts[1])),
        ]
        return JSONObject([("auth", auth)])
    }

    private static func bearer(_ text: String) throws(FieldValueError) -> JSONObject {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw FieldValueError("must be a token of visible ASCII characters, or @FILE")
        }
        return JSONObject([("auth", ["type": "bearer", "token": .string(text)])])
    }
}
