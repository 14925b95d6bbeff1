import Base
import Dispatch

/// The threads that send mails.
///
/// Not on a loop: libcurl blocks while it waits for the server's reply to the whole mail and to QUIT, even with its
/// multi interface (curl issue 8555).
enum MailThreads {
    private static let queue = DispatchQueue(label: "sentinel.mail", attributes: .concurrent)
    private static let runningCount = Locked(0)
    private static let limit = 16

    /// Runs a conversation on a thread of its own; fails when too many are running.
    static func run(_ conversation: MailConversation) async -> Result<MailReceipt, MailError> {
        let isAdmitted = runningCount.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { return .failure(.failed(.transport("too many mails at once"))) }
        return await withCheckedContinuation { continuation in
            queue.async {
                let result = conversation.run()
                runningCount.withLock { $0 -= 1 }
                continuation.resume(returning: result)
            }
        }
    }
}
