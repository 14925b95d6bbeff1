import Base
import Checks

extension HTTPCheckRun {
    /// Begins the first hop once a token is available.
    func awaitToken(_ client: OAuth2Client) {
        isWaitingForToken = true
        armTimer(at: overallDeadline)
        let number = number
        engine.tokens.find(client, like: options) { [weak self] answer in
            // The check may have ended, and the object may be in use by another check.
            guard let self, place >= 0, self.number == number, isWaitingForToken else { return }
            isWaitingForToken = false
            switch answer {
            case .success(let token):
                self.token = token
                beginHop(firstURL)
            case .failure(let fault): fail(.tokenFailed, .request, fault.text)
            }
        }
    }

    /// Whether the check starts again with another token because its token was refused.
    func renewsToken() -> Bool {
        guard !hasNewToken, let token, case .oauth2(let client)? = options.authentication, !dropsCredentials else {
            return false
        }
        hasNewToken = true
        engine.tokens.discard(token, of: client, like: options)
        (redirects, method, sendsBody) = (0, options.method, options.hasBody)
        awaitToken(client)
        return true
    }

    /// The body's text for the reader.
    func collectedText() -> CollectedText? {
        response.endBody()
        return response.keywords?.collected
    }

    /// The evidence with the token masked, because the target may have echoed it.
    var evidenceWithoutToken: Outcome.Evidence? {
        guard var evidence = response.evidence, let token else { return response.evidence }
        for index in evidence.headers.indices {
            evidence.headers[index].value = evidence.headers[index].value.replacing(token, with: SecretMask.text)
        }
        let (wanted, mask) = (Array(token.utf8), Array(SecretMask.text.utf8))
        evidence.body = evidence.body.replacing(wanted, with: mask)
        return evidence
    }
}
