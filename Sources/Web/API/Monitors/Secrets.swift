import Domain

/// Which parts of a monitor are secret, and what is shown in their place.
enum Secrets {
    /// Answered instead of a secret; a client that sends it back keeps what is stored.
    static let mask = "********"

    /// Whether a request header of that name proves who the sender is.
    static func isSensitive(header name: String) -> Bool {
        HTTPSpec.Header(name: name, value: "").isSecret
    }
}
