import Base
import Domain
package import SQL

extension Observation {
    /// The JSON text to store; nil members are left out.
    package var json: String {
        var members: [(key: String, value: JSONValue)] = []
        func add(_ key: String, _ text: String?) { if let text { members.append((key, .string(text))) } }
        add("remote_address", remoteAddress)
        add("http_version", httpVersion)
        add("final_url", finalURL)
        add("error_message", message)
        add("url", url)
        if revision != 0 { members.append(("revision", .integer(revision))) }
        if let certificate { members.append(("certificate", Self.json(certificate))) }
        if let header {
            let fields = header.fields.map { (key: $0.name, value: $0.value.map { JSONValue.string($0) } ?? .null) }
            members.append(("header", .object(JSONObject(fields))))
            members.append(("header_digest", .integer(Int64(bitPattern: header.digest))))
        }
        return JSONValue.object(JSONObject(members)).description
    }

    private static func json(_ certificate: CertificateFacts) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("subject", .string(certificate.subject)), ("issuer", .string(certificate.issuer)),
            ("sans", .array(certificate.sans.map { .string($0) })),
            ("not_before", .integer(certificate.notBefore.milliseconds)),
            ("not_after", .integer(certificate.notAfter.milliseconds)),
            ("sha256", .string(certificate.sha256)), ("valid", .bool(certificate.valid)),
        ]
        if let problem = certificate.problem { members.append(("problem", .string(problem))) }
        let chain = certificate.chain.map { link -> JSONValue in
            [
                "subject": .string(link.subject), "issuer": .string(link.issuer),
                "not_before": .integer(link.notBefore.milliseconds),
                "not_after": .integer(link.notAfter.milliseconds), "sha256": .string(link.sha256),
            ]
        }
        members.append(("chain", .array(chain)))
        return .object(JSONObject(members))
    }

    /// Decodes text that `json` has encoded; throws `.corrupt` for anything else.
    package init(json text: String) throws(SQLError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: text) } catch {
            throw .corrupt("an observation is no JSON: \(error)")
        }
        remoteAddress = value["remote_address"]?.stringValue
        httpVersion = value["http_version"]?.stringValue
        finalURL = value["final_url"]?.stringValue
        message = value["error_message"]?.stringValue
        revision = value["revision"]?.integerValue ?? 0
        url = value["url"]?.stringValue
        (certificate, header) = (nil, nil)
        if let stored = value["certificate"] {
            guard let facts = CertificateFacts(stored: stored) else { throw .corrupt("an observation's certificate") }
            certificate = facts
        }
        if case .object(let object)? = value["header"], let digest = value["header_digest"]?.integerValue {
            header = HeaderOutline(
                object.members.map { HeaderOutline.Field($0.key, $0.value.stringValue) },
                digest: UInt64(bitPattern: digest)
            )
        }
    }
}

extension CertificateFacts {
    fileprivate init?(stored value: JSONValue) {
        guard let subject = value["subject"]?.stringValue, let issuer = value["issuer"]?.stringValue,
            let notBefore = value["not_before"]?.integerValue, let notAfter = value["not_after"]?.integerValue,
            let sha256 = value["sha256"]?.stringValue, let valid = value["valid"]?.boolValue
        else { return nil }
        self.init(
            subject: subject,
            issuer: issuer,
            sans: value["sans"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            notBefore: Timestamp(milliseconds: notBefore),
            notAfter: Timestamp(milliseconds: notAfter),
            sha256: sha256,
            valid: valid,
            problem: value["problem"]?.stringValue,
            chain: value["chain"]?.arrayValue?.compactMap(Link.init(stored:)) ?? []
        )
    }
}

extension CertificateFacts.Link {
    fileprivate init?(stored value: JSONValue) {
        guard let subject = value["subject"]?.stringValue, let issuer = value["issuer"]?.stringValue,
            let notBefore = value["not_before"]?.integerValue, let notAfter = value["not_after"]?.integerValue,
            let sha256 = value["sha256"]?.stringValue
        else { return nil }
        self.init(
            subject: subject,
            issuer: issuer,
            notBefore: Timestamp(milliseconds: notBefore),
            notAfter: Timestamp(milliseconds: notAfter),
            sha256: sha256
        )
    }
}
