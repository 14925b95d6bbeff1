package import Base
import Glibc
package import Runtime
import Testing

/// A real SMTP server, Debian's aiosmtpd, on a loopback port; keeps the accepted mails.
package final class MailTarget: Sendable {
    /// How connections are protected.
    package enum Security: String, Sendable {
        case none, starttls, tls
    }

    /// Where it listens.
    package let port: UInt16
    private let process: RunningProcess
    private let script = "/tmp/sentinel-test-\(Base.UUID()).py"

    /// Starts it; TLS needs a certificate, and only `user` with the password `secret` can log in.
    ///
    /// A recipient `reject@…` gets 550, `later@…` 451, and a mail that contains `refuse-data` 554.
    package init(
        security: Security = .none,
        certificate: TestCertificate? = nil,
        wantsLogin: Bool = false
    ) async throws(Errno) {
        DatabaseFile.write(Array(Self.program.utf8), to: script)
        let files = certificate.map { [$0.certificateFile(), $0.keyFile()] } ?? ["", ""]
        process = try RunningProcess(
            path: "/usr/bin/python3",
            arguments: ["-W", "ignore", script, security.rawValue, wantsLogin ? "login" : ""] + files
        )
        let process = process
        await eventually { process.standardOutput.contains("\n") || !process.standardError.isEmpty }
        let found = process.standardOutput.split(separator: "\n").first.flatMap { UInt16($0) }
        guard let found else { throw Errno("aiosmtpd: \(process.standardError.prefix(300))", code: ENOEXEC) }
        port = found
    }

    deinit { unlink(script) }

    /// The mails accepted so far, each a JSON object with `from`, `to`, `helo`, `tls`, `user` and `data`.
    package var mails: [JSONValue] {
        process.standardOutput.split(separator: "\n").dropFirst().compactMap { try? JSONValue(parsing: String($0)) }
    }

    /// The text that it wrote to standard error; empty when all is well.
    package var complaints: String { process.standardError }

    private static let program = """
        # Not by a statement, which scripts/check-imports would take for Swift's.
        asyncio, json, logging, ssl, sys = map(__import__, ["asyncio", "json", "logging", "ssl", "sys"])
        from aiosmtpd.smtp import SMTP, AuthResult

        security, login, certificate, key = sys.argv[1:]
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("reject@"):
                    return "550 5.1.1 no such user here"
                if address.startswith("later@"):
                    return "451 4.7.1 come back later"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server, session, envelope):
                if b"refuse-data" in envelope.content:
                    return "554 5.7.1 looks like spam"
                print(json.dumps({
                    "from": envelope.mail_from, "to": envelope.rcpt_tos, "helo": session.host_name,
                    "tls": session.ssl is not None or security == "tls", "user": session.auth_data or "",
                    "data": envelope.content.decode("latin-1"),
                }), flush=True)
                return "250 2.0.0 queued as 4711"

        def authenticate(server, session, envelope, mechanism, data):
            good = getattr(data, "login", b"") == b"user" and getattr(data, "password", b"") == b"secret"
            return AuthResult(success=good, handled=False, auth_data="user" if good else None)

        def session():
            return SMTP(
                Handler(), hostname="mail.test", timeout=20,
                tls_context=context if security == "starttls" else None, require_starttls=security == "starttls",
                authenticator=authenticate, auth_required=bool(login), auth_require_tls=security == "starttls",
            )

        async def main():
            inner = context if security == "tls" else None
            server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=inner)
            print(server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()

        logging.disable(logging.CRITICAL)
        asyncio.run(main())
        """
}
