import Base
import Glibc
import TestSupport
import Testing
import sentinel

/// `sentinel config` refuses what `sentinel serve` refuses, and nothing else.
@Suite struct CLIAgreementTests {
    private static let mail = ["SMTP_HOST": "mail.test", "ALERT_EMAIL_FROM": "a@b.test", "ALERT_EMAIL_TO": "c@d.test"]

    @Test(
        "what cannot work is refused by both, with its name",
        arguments: [
            (["SLACK_WEBHOOK_URL": "notaurl"], "SLACK_WEBHOOK_URL"),
            (["ALERT_PROVIDERS": "slack"], "SLACK_WEBHOOK_URL is missing"),
            (["ALERT_PROVIDERS": "discord,foo", "DISCORD_WEBHOOK_URL": "https://d.test/x"], "ALERT_PROVIDERS"),
            (["TELEGRAM_BOT_TOKEN": "1:abc"], "TELEGRAM_CHAT_ID"), (["SMTP_HOST": "mail.test"], "ALERT_EMAIL_FROM"),
            (mail.merging(["SMTP_PORT": "abc"]) { $1 }, "SMTP_PORT"),
            (mail.merging(["ALERT_EMAIL_FROM": "nobody"]) { $1 }, "ALERT_EMAIL_FROM"),
            (mail.merging(["ALERT_EMAIL_TO": "nobody"]) { $1 }, "ALERT_EMAIL_TO"),
            (["ALLOWED_HOSTS": "http://a"], "ALLOWED_HOSTS"),
            (["CSRF_TRUSTED_ORIGINS": "evil"], "CSRF_TRUSTED_ORIGINS"),
        ] as [([String: String], String)]
    )
    func refusals(_ environment: [String: String], _ name: String) async throws {
        let folder = try CLIFolder()
        for command in ["config", "serve"] {
            let output = try await folder.run([command], environment: environment)
            #expect(output.code == 2 && output.standardError.contains(name), "\(command) \(output)")
        }
    }

    @Test("flags, variables and files are refused together") func allSources() async throws {
        let folder = try CLIFolder()
        for command in ["config", "serve"] {
            let output = try await folder.run(
                [command, "--port", "x", "--interval", "1s"],
                environment: ["LOG_LEVEL": "loud", "SLACK_WEBHOOK_URL": "notaurl"]
            )
            #expect(output.code == 2)
            for words in ["--port", "--interval", "LOG_LEVEL", "SLACK_WEBHOOK_URL"] {
                #expect(output.standardError.contains(words), "\(command) \(output)")
            }
        }
    }

    @Test(
        "with garbage in a variable both refuse or both accept",
        .serialized,
        .timeLimit(.minutes(10)),
        arguments: SettingKeys.all.flatMap(\.environment)
    )
    func garbage(_ variable: String) async throws {
        for value in ["x", "\u{1}://?"] {
            let folder = try CLIFolder()
            let environment = [variable: value]
            let config = try await folder.run(["config"], environment: environment)
            if config.code == 0 {
                let (server, _) = try await folder.serve(environment: environment)
                server.send(signal: SIGTERM)
                #expect(await server.wait(timeout: .seconds(40)).code == 0)
            } else {
                let refused = try await folder.run(["serve", "--port", "0"], environment: environment)
                #expect(config.code == 2 && refused.code == 2, "\(variable) \(config) \(refused)")
            }
        }
    }
}
