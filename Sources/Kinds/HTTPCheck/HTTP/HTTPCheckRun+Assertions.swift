import Base
import Checks
import HTTPClient
import Sockets

extension HTTPCheckRun {
    /// Whether an assertion checks the status and its own setting has the default value.
    var judgesStatusByAssertion: Bool {
        options.expectedStatus == .standard && options.assertions.contains { $0.subject == .status }
    }

    /// The failed assertions; nil when all hold.
    func assertionFailure() -> Outcome.Failure? {
        response.endBody()
        var subject = AssertionSubject()
        subject.status = response.status
        subject.httpVersion = response.version?.description ?? ""
        if hop.target?.isSecure == true {
            subject.tlsVersion = Self.tlsVersions[tls.version]
            subject.certificateEnd = certificate?.notAfter
        }
        (subject.latency, subject.phases) = (.now - startedAt, phases)
        subject.finalURL = finalURL
        if options.assertions.contains(where: \.readsHeader) { subject.headers = response.fields }
        subject.body = response.keywords?.collected
        subject.seenTexts = response.keywords?.wanted.map(\.isFound) ?? []
        let paths = options.assertions.count { $0.path != nil }
        var judge = AssertionJudge(
            subject,
            engine.assertions,
            secrets: options.secretTexts + [token].compactMap { $0 },
            paths: paths
        )
        return judge.failure(of: options.assertions)
    }

    private static let tlsVersions: [Int32: Double] = [0x0301: 1, 0x0302: 1.1, 0x0303: 1.2, 0x0304: 1.3]

    /// The URL of the final response without user name and password; without redirects as written in the settings.
    private var finalURL: String {
        guard redirects > 0, let url = CurlURL(hop.url) else { return spec.url }
        url.removeUserInfo()
        return url.text
    }
}

extension HTTPSettings.Options {
    /// Texts that no message may contain, because a target may echo them.
    var secretTexts: [String] {
        var texts = headers.filter(\.isSecret).map(\.value)
        texts += (query + form).filter(\.isSecret).map(\.value)
        switch authentication {
        case nil: break
        case .basic(_, let password), .digest(_, let password): texts.append(password)
        case .oauth2(let client): texts.append(client.secret)
        case .bearer(let token): texts.append(token)
        }
        return texts
    }
}
