import Base

extension SettingKeys {
    /// How people are notified.
    static let alerts: [SettingEntry] = [
        .setting(
            "alerts.public_url",
            \.publicURL,
            environment: ["SENTINEL_PUBLIC_URL"],
            ValueReader(
                expected:
                    "the http:// or https:// URL of this installation, without query (such as https://status.example.org)",
                placeholder: "URL",
                read: { isPublicURL($0) ? $0 : nil },
                write: { $0 }
            ).optional,
            help:
                "Where people reach this installation, for links in notifications; when empty the address of `sentinel serve`, and none in a cluster."
        ),
        .setting(
            "alerts.provider_directory",
            \.providerDirectory,
            environment: ["SENTINEL_PROVIDER_DIRECTORY"],
            ValueReader.text("DIR").optional,
            help: "Folder of further kinds of channels, a YAML file each."
        )
        .refusing(Settings.providerFault),
        .setting(
            "alerts.ca_file",
            \.alertCAFile,
            environment: ["ALERT_CA_FILE"],
            ValueReader<String>.text("FILE").optional,
            help:
                "PEM file with the authorities that receivers' certificates are held against, in place of the system's; a channel may name its own."
        )
        .refusing(SettingFaults.authorities),
        .setting(
            "alerts.verify_tls",
            \.alertVerifiesTLS,
            environment: ["ALERT_VERIFY_TLS"],
            .boolean,
            help: "Whether the certificates of receivers are verified; a channel may say otherwise."
        ),
    ]

    /// The channels that environment variables set up.
    static let channels: [SettingEntry] = [
        .setting(
            "alerts.providers",
            \.channelVariables["ALERT_PROVIDERS"],
            environment: ["ALERT_PROVIDERS"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help:
                "Kinds of channels to take from the variables below, with commas between them: slack, email, discord, telegram; empty takes those that are set."
        )
        .refusing(SettingFaults.channel("ALERT_PROVIDERS")),
        .setting(
            "alerts.slack_webhook_url",
            \.channelVariables["SLACK_WEBHOOK_URL"],
            environment: ["SLACK_WEBHOOK_URL"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            masking: .whole,
            help: "Where a Slack channel is written to."
        )
        .refusing(SettingFaults.channel("SLACK_WEBHOOK_URL")),
        .setting(
            "alerts.discord_webhook_url",
            \.channelVariables["DISCORD_WEBHOOK_URL"],
            environment: ["DISCORD_WEBHOOK_URL"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            masking: .whole,
            help: "Where a Discord channel is written to."
        )
        .refusing(SettingFaults.channel("DISCORD_WEBHOOK_URL")),
        .setting(
            "alerts.telegram_bot_token",
            \.channelVariables["TELEGRAM_BOT_TOKEN"],
            environment: ["TELEGRAM_BOT_TOKEN"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            masking: .whole,
            help: "The Telegram bot that writes."
        )
        .refusing(SettingFaults.channel("TELEGRAM_BOT_TOKEN")),
        .setting(
            "alerts.telegram_chat_id",
            \.channelVariables["TELEGRAM_CHAT_ID"],
            environment: ["TELEGRAM_CHAT_ID"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "The Telegram chat that is written to."
        )
        .refusing(SettingFaults.channel("TELEGRAM_CHAT_ID")),
        .setting(
            "alerts.smtp_host",
            \.channelVariables["SMTP_HOST"],
            environment: ["SMTP_HOST"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "The mail server."
        )
        .refusing(SettingFaults.channel("SMTP_HOST")),
        .setting(
            "alerts.smtp_port",
            \.channelVariables["SMTP_PORT"],
            environment: ["SMTP_PORT"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "Its port; 465 speaks TLS from the start."
        )
        .refusing(SettingFaults.channel("SMTP_PORT")),
        .setting(
            "alerts.smtp_user",
            \.channelVariables["SMTP_USER"],
            environment: ["SMTP_USER"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "Who signs in at the mail server; nobody when empty."
        )
        .refusing(SettingFaults.channel("SMTP_USER")),
        .setting(
            "alerts.smtp_password",
            \.channelVariables["SMTP_PASSWORD"],
            environment: ["SMTP_PASSWORD"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            masking: .whole,
            help: "The password to sign in with."
        )
        .refusing(SettingFaults.channel("SMTP_PASSWORD")),
        .setting(
            "alerts.email_from",
            \.channelVariables["ALERT_EMAIL_FROM"],
            environment: ["ALERT_EMAIL_FROM"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "The sender of mails."
        )
        .refusing(SettingFaults.channel("ALERT_EMAIL_FROM")),
        .setting(
            "alerts.email_to",
            \.channelVariables["ALERT_EMAIL_TO"],
            environment: ["ALERT_EMAIL_TO"],
            ValueReader.anyText("TEXT", maximum: 4096).optional,
            help: "The receivers of mails, with commas between them."
        )
        .refusing(SettingFaults.channel("ALERT_EMAIL_TO")),
    ]

    /// Paths of pages are appended to it.
    private static func isPublicURL(_ text: String) -> Bool {
        (try? TargetURL(text)) != nil && !text.contains { $0 == "?" || $0 == "#" }
    }
}
