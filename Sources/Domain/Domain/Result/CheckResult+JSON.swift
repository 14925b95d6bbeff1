package import Base

extension CheckResult {
    /// The JSON form of a result, the same everywhere.
    ///
    /// `region` is the region's name; `url` is the requested URL, and the final URL of a response without redirects.
    /// `kind` is the monitor's kind, for a result that does not have its own.
    package func json(region: String, url: String, kind: (any CheckKind.Type)? = nil) -> JSONValue {
        let kind = self.kind?.type ?? kind
        var object = JSONObject([
            ("id", .integer(id)),
            ("monitor_id", .integer(monitorID.rawValue)),
            ("kind", .text(kind?.name)),
            ("region", .string(region)),
            ("scheduled_at", .string(scheduledAt.description)),
            ("checked_at", .string(checkedAt.description)),
            ("is_success", .bool(outcome.isSuccess)),
            ("status_code", outcome.statusCode.map { .integer(Int64($0)) } ?? .null),
            ("latency_ms", outcome.latency.jsonMilliseconds),
            ("phases", outcome.phases.json(of: kind?.phases ?? Phase.usual)),
            ("reason", outcome.failure.map { .string($0.reason.description) } ?? .null),
            ("phase", outcome.failure.map { .string($0.phase.description) } ?? .null),
            ("error_message", outcome.failure.map { .string($0.message) } ?? .null),
            ("remote_address", .text(outcome.remoteAddress)),
            ("http_version", .text(outcome.httpVersion)),
            ("redirects", .integer(Int64(outcome.redirects))),
            ("final_url", .text(outcome.finalURL ?? (outcome.statusCode == nil ? nil : url))),
            ("body_bytes", .integer(Int64(outcome.bodyBytes))),
            ("certificate", outcome.certificate?.json ?? .null),
        ])
        if let facts = outcome.facts, let kind { object[kind.name] = .object(facts) }
        if let evidence = outcome.evidence { object["response"] = evidence.json }
        return .object(object)
    }
}

extension Outcome.PhaseTimes {
    /// Milliseconds by phase, null where it was not reached.
    package func json(of phases: [Phase]) -> JSONValue {
        .object(JSONObject(phases.map { (key: $0.description, value: self[$0]?.jsonMilliseconds ?? .null) }))
    }
}

extension Outcome.Evidence {
    /// `headers` as an array of names and values, `body` as text with invalid UTF-8 replaced.
    package var json: JSONValue {
        let fields = headers.map {
            JSONValue.object(JSONObject([("name", .string($0.name)), ("value", .string($0.value))]))
        }
        return .object(
            JSONObject([("headers", .array(fields)), ("body", .string(String(decoding: body, as: UTF8.self)))])
        )
    }
}

extension CertificateFacts {
    /// The leaf's facts, and the issuers in `chain`.
    package var json: JSONValue {
        .object(
            JSONObject([
                ("subject", .string(subject)),
                ("issuer", .string(issuer)),
                ("sans", .array(sans.map { .string($0) })),
                ("not_before", .string(notBefore.description)),
                ("not_after", .string(notAfter.description)),
                ("sha256", .string(sha256)),
                ("valid", .bool(valid)),
                ("problem", .text(problem)),
                ("chain", .array(chain.map(\.json))),
            ])
        )
    }
}

extension CertificateFacts.Link {
    package var json: JSONValue {
        .object(
            JSONObject([
                ("subject", .string(subject)),
                ("issuer", .string(issuer)),
                ("not_before", .string(notBefore.description)),
                ("not_after", .string(notAfter.description)),
                ("sha256", .string(sha256)),
            ])
        )
    }
}

extension Duration {
    /// Milliseconds to three decimals.
    package var jsonMilliseconds: JSONValue { .number(Double(wholeNanoseconds / 1000) / 1000) }
}
