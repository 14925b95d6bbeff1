import Base
import CLinux
import Glibc
package import Runtime
import Testing

/// Debian's HTTP/2 server, nghttpd, serving a folder on a loopback port.
package final class HTTP2Target: Sendable {
    /// Where it listens.
    package let port: UInt16
    private let process: RunningProcess
    private let folder = "/tmp/sentinel-test-" + Base.UUID().description

    /// Starts it; with a certificate it uses TLS and negotiates `h2`, otherwise clients need prior knowledge.
    package init(certificate: TestCertificate? = nil, page: String) async throws(Errno) {
        guard mkdir(folder, 0o700) == 0 else { throw Errno("mkdir") }
        DatabaseFile.write(Array(page.utf8), to: folder + "/page")
        port = TestSocket.freePort()
        let files = certificate.map { [$0.keyFile(), $0.certificateFile()] } ?? []
        let tls = certificate == nil ? ["--no-tls"] : []
        process = try RunningProcess(
            path: "/usr/sbin/nghttpd",
            arguments: ["--address=127.0.0.1", "--htdocs=\(folder)"] + tls + ["\(port)"] + files
        )
        await eventually { (try? RawClient(port: port)) != nil }
    }

    deinit {
        unlink(folder + "/page")
        rmdir(folder)
    }

    /// The URL of its page.
    package func url(_ scheme: String, _ path: String = "/page") -> String { "\(scheme)://127.0.0.1:\(port)\(path)" }
}
