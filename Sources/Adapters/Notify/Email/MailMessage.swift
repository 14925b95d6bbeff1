import Base
import Domain
import Crypto

/// A notification as a mail: text and HTML, in the thread of its incident.
struct MailMessage {
    let from: MailAddress
    let to: [MailAddress]
    let subject: String
    let text: String
    let html: String
    /// The notification's message id; the same in each try.
    let id: String
    /// The thread that the mails of one incident share; nil for a mail about several incidents.
    let thread: String?
    let date: Timestamp

    /// RFC 5322, with CR LF at each line's end.
    var bytes: [UInt8] {
        // Quoted-printable text never contains an underscore after an equals sign.
        let boundary = "=_" + SHA256.digest(Array(id.utf8)).hex.prefix(32)
        var result: [UInt8] = []
        var fields = [
            ("Date", MailHeader.date(date)), ("From", MailHeader.address(from)), ("To", MailHeader.addresses(to)),
            ("Subject", MailHeader.text(subject)), ("Message-ID", identifier("n", id)),
        ]
        if let thread {
            let root = identifier("t", thread)
            fields += [("In-Reply-To", root), ("References", root)]
        }
        fields += [
            ("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"), ("MIME-Version", "1.0"),
            ("Content-Type", "multipart/alternative;\r\n boundary=\"\(boundary)\""),
        ]
        for (name, value) in fields { result.append("\(name): \(value)\r\n") }
        result.append("\r\n")
        for (type, content) in [("plain", text), ("html", html)] {
            result.append("--\(boundary)\r\nContent-Type: text/\(type); charset=utf-8\r\n")
            result.append("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
            result += QuotedPrintable.encode(content)
        }
        result.append("--\(boundary)--\r\n")
        return result
    }

    /// A stable identifier of a mail or thread: the same text always gives the same one.
    private func identifier(_ kind: String, _ text: String) -> String {
        let domain = from.address.split(separator: "@").last ?? "localhost"
        return "<\(kind).\(SHA256.digest(Array(text.utf8)).hex.prefix(40)).sentinel@\(domain)>"
    }
}
