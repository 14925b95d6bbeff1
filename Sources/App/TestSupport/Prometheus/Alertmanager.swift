import Base
import Foundation
import Glibc
package import Runtime
import Testing

/// Debian's Alertmanager on a loopback port, which notifies a webhook at once; removed with its data when released.
package final class Alertmanager: Sendable {
    /// Where it listens.
    package let port: UInt16
    /// Its configuration, for `amtool`.
    package let configuration: String
    private let process: RunningProcess
    private let folder = "/tmp/sentinel-test-" + Base.UUID().description

    /// Starts it and waits until it answers; `webhook` is notified of every alert separately, once.
    package init(webhook: String) async throws(Errno) {
        guard mkdir(folder, 0o700) == 0 else { throw Errno("mkdir") }
        port = TestSocket.freePort()
        configuration = folder + "/alertmanager.yml"
        let text = """
            route:
              receiver: test
              group_by: ['...']
              group_wait: 10ms
              group_interval: 100ms
              repeat_interval: 1h
            receivers:
            - name: test
              webhook_configs:
              - url: '\(webhook)'

            """
        DatabaseFile.write(Array(text.utf8), to: configuration)
        process = try RunningProcess(
            path: "/usr/bin/prometheus-alertmanager",
            arguments: [
                "--config.file=\(configuration)", "--storage.path=\(folder)/data", "--cluster.listen-address=",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
            ]
        )
        let port = port
        await eventually {
            let status = try? await onThread { try RawClient(port: port).request("GET", "/-/ready").status }
            return status == 200
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// The text that it wrote to standard error.
    package var log: String { process.standardError }

    /// `http://127.0.0.1:PORT`.
    package var url: String { "http://127.0.0.1:\(port)" }
}
