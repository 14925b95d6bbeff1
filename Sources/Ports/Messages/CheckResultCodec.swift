package import Broker
import Base
package import Domain

extension MessageCodec<CheckResult> {
    /// Results: the members that consumers of `monitoring-results` have always had, the one shape of a result, and below
    /// `sentinel` what those leave out, with times exact to the microsecond.
    ///
    /// `regions` names the region of a result that does not say it.
    package static func results(kinds: CheckKinds, regions: RegionNaming) -> MessageCodec {
        MessageCodec { result in
            guard case .object(var object) = result.json(region: regions.name(of: result), url: result.url ?? "")
            else { return [] }
            let outcome = result.outcome
            object["url"] = result.url.map { .string($0) } ?? .null
            object["timestamp"] = .string(result.checkedAt.withoutZone)
            object["is_up"] = .bool(outcome.isSuccess)
            object["error"] = outcome.failure.map { .string($0.message) } ?? .null
            object["sentinel"] = .object(exact(result))
            return object.message
        } decode: { bytes throws(MessageError) in
            let reader = try MessageReader(bytes)
            guard let exact = reader.members["sentinel"] else { throw MessageError("sentinel is missing") }
            return try result(reader, MessageReader(exact), kinds)
        }
    }

    private static func exact(_ result: CheckResult) -> JSONObject {
        let (outcome, phases) = (result.outcome, result.outcome.phases)
        var object = JSONObject([
            ("region", .integer(Int64(result.region.rawValue))),
            ("scheduled_at", .integer(result.scheduledAt.milliseconds)),
            ("checked_at", .integer(result.checkedAt.milliseconds)),
            ("latency", .integer(outcome.latency.microseconds)), ("revision", .integer(result.revision)),
        ])
        for phase in Phase.allCases {
            if let time = phases[phase] { object["phase_\(phase)"] = .integer(time.microseconds) }
        }
        if let final = outcome.finalURL { object["final_url"] = .string(final) }
        if let task = result.taskID { object["task_id"] = .string(task) }
        if let evidence = outcome.evidence { object["body"] = .string(evidence.body.base64()) }
        if let facts = outcome.facts { object["facts"] = .object(facts) }
        if let header = outcome.header {
            let fields = header.fields.map { (key: $0.name, value: $0.value.map { JSONValue.string($0) } ?? .null) }
            object["header"] = .object(JSONObject(fields))
            object["header_digest"] = .integer(Int64(bitPattern: header.digest))
        }
        return object
    }

    private static func result(
        _ reader: MessageReader,
        _ exact: MessageReader,
        _ kinds: CheckKinds
    ) throws(MessageError) -> CheckResult {
        let kind: (any CheckKind.Type)?
        if let name = reader.members["kind"]?.stringValue {
            guard let known = kinds[name] else { throw MessageError("kind \"\(name.prefix(50))\" is not known here") }
            kind = known
        } else {
            kind = nil
        }
        let scheduledAt = try exact.time("scheduled_at")
        // Nothing was checked then, and stores name their parts by the days since.
        guard scheduledAt.milliseconds >= 0 else { throw MessageError("scheduled_at is before 1970") }
        return CheckResult(
            monitorID: try reader.monitor(),
            region: try exact.region("region"),
            scheduledAt: scheduledAt,
            checkedAt: try exact.time("checked_at"),
            outcome: try outcome(reader, exact),
            taskID: exact.members["task_id"]?.stringValue,
            revision: try exact.integer("revision"),
            url: reader.members["url"]?.stringValue,
            kind: kind,
            regionName: reader.members["region"]?.stringValue.flatMap(RegionName.init(rawValue:))
        )
    }

    private static func outcome(_ reader: MessageReader, _ exact: MessageReader) throws(MessageError) -> Outcome {
        guard let latency = try exact.duration("latency") else { throw MessageError("latency is missing") }
        var outcome = Outcome(failure: try failure(reader), latency: latency)
        outcome.phases.dns = try exact.duration("phase_dns")
        outcome.phases.connect = try exact.duration("phase_connect")
        outcome.phases.tls = try exact.duration("phase_tls")
        outcome.phases.firstByte = try exact.duration("phase_first_byte")
        outcome.phases.transfer = try exact.duration("phase_transfer")
        outcome.phases.request = try exact.duration("phase_request")
        if reader.members["status_code"] != .null { outcome.statusCode = try reader.count("status_code") }
        outcome.remoteAddress = reader.members["remote_address"]?.stringValue
        outcome.httpVersion = reader.members["http_version"]?.stringValue
        outcome.redirects = try reader.count("redirects")
        outcome.finalURL = exact.members["final_url"]?.stringValue
        outcome.bodyBytes = try reader.count("body_bytes")
        if let certificate = reader.members["certificate"], certificate != .null {
            outcome.certificate = try CertificateFacts(message: certificate)
        }
        outcome.evidence = try evidence(reader, exact)
        if case .object(let facts)? = exact.members["facts"] { outcome.facts = facts }
        if case .object(let fields)? = exact.members["header"] {
            outcome.header = HeaderOutline(
                fields.members.map { HeaderOutline.Field($0.key, $0.value.stringValue) },
                digest: UInt64(bitPattern: try exact.integer("header_digest"))
            )
        }
        return outcome
    }

    private static func failure(_ reader: MessageReader) throws(MessageError) -> Outcome.Failure? {
        guard let name = reader.members["reason"], name != .null else { return nil }
        // A newer release may have more reasons.
        guard let reason = name.stringValue.flatMap({ Reason(name: $0) }) else {
            throw MessageError("reason is not known here")
        }
        let word = try reader.text("phase")
        guard let phase = Phase.allCases.first(where: { $0.description == word }) else {
            throw MessageError("phase is not known here")
        }
        return Outcome.Failure(reason, in: phase, try reader.text("error_message"))
    }

    private static func evidence(
        _ reader: MessageReader,
        _ exact: MessageReader
    ) throws(MessageError) -> Outcome.Evidence? {
        guard let response = reader.members["response"] else { return nil }
        guard let body = [UInt8](base64: try exact.text("body")), body.count <= Outcome.Evidence.bodyLimit else {
            throw MessageError("body is no base64 of \(Outcome.Evidence.bodyLimit) bytes at most")
        }
        let headers = (response["headers"]?.arrayValue ?? []).compactMap { field -> Outcome.Evidence.Header? in
            guard let name = field["name"]?.stringValue, let value = field["value"]?.stringValue else { return nil }
            return Outcome.Evidence.Header(name: name, value: value)
        }
        return Outcome.Evidence(headers: headers, body: body)
    }
}

extension CertificateFacts {
    /// Decodes what `json` has encoded; throws `MessageError` when a member is missing.
    fileprivate init(message value: JSONValue) throws(MessageError) {
        let reader = MessageReader(value)
        var links: [Link] = []
        for link in value["chain"]?.arrayValue ?? [] {
            let reader = MessageReader(link)
            links.append(
                Link(
                    subject: try reader.text("subject"),
                    issuer: try reader.text("issuer"),
                    notBefore: try reader.date("not_before"),
                    notAfter: try reader.date("not_after"),
                    sha256: try reader.text("sha256")
                )
            )
        }
        self.init(
            subject: try reader.text("subject"),
            issuer: try reader.text("issuer"),
            sans: value["sans"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            notBefore: try reader.date("not_before"),
            notAfter: try reader.date("not_after"),
            sha256: try reader.text("sha256"),
            valid: value["valid"]?.boolValue ?? false,
            problem: value["problem"]?.stringValue,
            chain: links
        )
    }
}

extension MessageReader {
    /// An instant as RFC 3339 text.
    fileprivate func date(_ name: String) throws(MessageError) -> Timestamp {
        guard let time = Timestamp(iso8601: try text(name)) else { throw MessageError("\(name) is no instant") }
        return time
    }
}

extension Timestamp {
    /// The form that consumers of `monitoring-results` expect: UTC without a zone, six digits of a second.
    fileprivate var withoutZone: String { String(description.dropLast()) + "000" }
}

extension Duration {
    /// Whole microseconds.
    fileprivate var microseconds: Int64 { wholeNanoseconds / 1000 }
}
