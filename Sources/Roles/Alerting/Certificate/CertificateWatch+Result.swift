import Base
import Domain

extension CertificateWatch {
    /// Takes a check's result; a check that ended before the TLS handshake says nothing about certificates.
    mutating func see(_ result: CheckResult) -> [Event] {
        if let facts = result.outcome.certificate {
            return see(facts, by: result.monitorID, at: result.checkedAt + result.outcome.latency)
        }
        guard result.outcome.isSuccess, isShown(by: result.monitorID) else { return [] }
        let url = result.outcome.finalURL ?? result.url
        return url?.hasPrefix("http://") == true ? forget(result.monitorID) : []
    }
}
