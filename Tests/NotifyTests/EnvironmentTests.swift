@testable import Notify
import Testing

/// Channels from environment variables.
@Suite struct EnvironmentTests {
    private func channels(_ variables: [String: String]) throws -> Result<[ChannelSettings], EnvironmentChannels.Faults>
    {
        EnvironmentChannels.channels({ variables[$0] }, catalog: try Samples.catalog.get())
    }

    @Test func noVariablesMakeNoChannels() throws {
        #expect(try channels([:]) == .success([]))
        #expect(try channels(["ALERT_PROVIDERS": " ", "SLACK_WEBHOOK_URL": ""]) == .success([]))
    }

    @Test func listedChannelsKeepTheirOrder() throws {
        let found = try channels([
            "ALERT_PROVIDERS": "telegram, Slack,slack", "SLACK_WEBHOOK_URL": " https://hooks.example/T/B/x ",
            "TELEGRAM_BOT_TOKEN": "1:abc", "TELEGRAM_CHAT_ID": "-5", "DISCORD_WEBHOOK_URL": "https://d.example/x",
        ])
        #expect(
            found
                == .success([
                    ChannelSettings(kind: "telegram", values: ["bot_token": "1:abc", "chat_id": "-5"]),
                    ChannelSettings(kind: "slack", values: ["webhook_url": "https://hooks.example/T/B/x"]),
                ])
        )
    }

    @Test func withoutAListEverySetKindCounts() throws {
        let found = try channels([
            "DISCORD_WEBHOOK_URL": "https://d.example/x", "SLACK_WEBHOOK_URL": "https://s.example/x",
        ])
        #expect(try found.get().map(\.kind) == ["slack", "discord"])
    }

    @Test(
        arguments: [
            ([:], "optional"), (["SMTP_USER": "u", "SMTP_PASSWORD": "p"], "starttls"),
            (["SMTP_USER": "u", "SMTP_PASSWORD": "p", "SMTP_PORT": "465"], "tls"), (["SMTP_PORT": "25"], "optional"),
        ] as [([String: String], String)]
    )
    func mailWithAPasswordUsesTLS(_ more: [String: String], _ security: String) throws {
        let variables = [
            "ALERT_PROVIDERS": "email", "SMTP_HOST": "mail.example", "ALERT_EMAIL_FROM": "a@example.org",
            "ALERT_EMAIL_TO": "b@example.org, c@example.org",
        ]
        let channel = try #require(try channels(variables.merging(more) { $1 }).get().first)
        // The same as without variables: a channel of the API with the same values behaves the same.
        #expect(channel.values["security"] == nil)
        let ready = try ReadyChannel(try #require(Samples.catalog.get()["email"]), channel)
        #expect("\(try MailSettings(ready.values).security)" == security)
        #expect(channel.values["to"] == "b@example.org, c@example.org")
    }

    @Test(
        arguments: [
            (
                ["ALERT_PROVIDERS": "slakc"],
                ["ALERT_PROVIDERS names the unknown provider 'slakc'; did you mean 'slack'?"]
            ),
            (["ALERT_PROVIDERS": "slack"], ["SLACK_WEBHOOK_URL is missing, which slack needs"]),
            (["TELEGRAM_BOT_TOKEN": "1:a"], ["TELEGRAM_CHAT_ID is missing, which telegram needs"]),
            (["DISCORD_WEBHOOK_URL": "discord"], ["DISCORD_WEBHOOK_URL is not an http or https URL"]),
            (
                ["ALERT_PROVIDERS": "email,discord", "SMTP_HOST": "m", "SMTP_PORT": "x"],
                [
                    "SMTP_PORT is not a whole number", "ALERT_EMAIL_FROM is missing, which email needs",
                    "ALERT_EMAIL_TO is missing, which email needs",
                    "DISCORD_WEBHOOK_URL is missing, which discord needs",
                ]
            ),
            (
                ["SMTP_HOST": "m", "SMTP_PORT": "70000", "ALERT_EMAIL_FROM": "a@b.c", "ALERT_EMAIL_TO": "a@b.c"],
                ["SMTP_PORT is a number from 1 to 65535"]
            ),
            (
                ["SMTP_HOST": "m", "SMTP_USER": "u", "ALERT_EMAIL_FROM": "a@b.c", "ALERT_EMAIL_TO": "a@b.c"],
                ["SMTP_PASSWORD is missing: user and password go together"]
            ),
        ] as [([String: String], [String])]
    )
    func errorsNameTheVariable(_ variables: [String: String], _ expected: [String]) throws {
        guard case .failure(let faults) = try channels(variables) else {
            Issue.record("must be refused")
            return
        }
        #expect(faults.all.map(\.description) == expected)
    }
}
