package import Base

extension SettingKeys {
    package static let publicURL = Setting<String?>(
        "alerts.public_url",
        environment: ["SENTINEL_PUBLIC_URL"],
        default: nil,
        ValueReader(
            expected:
                "the http:// or https:// URL of this installation, without query (such as https://status.example.org)",
            placeholder: "URL",
            read: { isPublicURL($0) ? $0 : nil },
            write: { $0 }
        ).optional,
        help: "Where people reach this installation, for links in notifications; the API's own address when empty."
    )
    /// Paths of pages are appended to it.
    private static func isPublicURL(_ text: String) -> Bool {
        (try? TargetURL(text)) != nil && !text.contains { $0 == "?" || $0 == "#" }
    }

    package static let providerDirectory = Setting<String?>(
        "alerts.provider_directory",
        environment: ["SENTINEL_PROVIDER_DIRECTORY"],
        default: nil,
        ValueReader.text("DIR").optional,
        help: "Folder of further kinds of channels, a YAML file each."
    )
    package static let alertCAFile = Setting<String?>(
        "alerts.ca_file",
        environment: ["ALERT_CA_FILE"],
        default: nil,
        ValueReader<String>.text("FILE").optional,
        help:
            "PEM file with the authorities that receivers' certificates are held against, in place of the system's; a channel may name its own."
    )
    package static let alertVerifyTLS = Setting<Bool>(
        "alerts.verify_tls",
        environment: ["ALERT_VERIFY_TLS"],
        default: true,
        .boolean,
        help: "Whether the certificates of receivers are verified; a channel may say otherwise."
    )
    package static let alertProviders = Setting<String?>(
        "alerts.providers",
        environment: ["ALERT_PROVIDERS"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        help:
            "Kinds of channels to take from the variables below, with commas between them: slack, email, discord, telegram; empty takes those that are set."
    )
    package static let slackWebhook = Setting<String?>(
        "alerts.slack_webhook_url",
        environment: ["SLACK_WEBHOOK_URL"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        masking: .whole,
        help: "Where a Slack channel is written to."
    )
    package static let discordWebhook = Setting<String?>(
        "alerts.discord_webhook_url",
        environment: ["DISCORD_WEBHOOK_URL"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        masking: .whole,
        help: "Where a Discord channel is written to."
    )
    package static let telegramToken = Setting<String?>(
        "alerts.telegram_bot_token",
        environment: ["TELEGRAM_BOT_TOKEN"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        masking: .whole,
        help: "The Telegram bot that writes."
    )
    package static let telegramChat = Setting<String?>(
        "alerts.telegram_chat_id",
        environment: ["TELEGRAM_CHAT_ID"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        help: "The Telegram chat that is written to."
    )
    package static let smtpHost = Setting<String?>(
        "alerts.smtp_host",
        environment: ["SMTP_HOST"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        help: "The mail server."
    )
    package static let smtpPort = Setting<String?>(
        "alerts.smtp_port",
        environment: ["SMTP_PORT"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        help: "Its port; 465 speaks TLS from the start."
    )
    package static let smtpUser = Setting<String?>(
        "alerts.smtp_user",
        environment: ["SMTP_USER"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        help: "Who signs in at the mail server; nobody when empty."
    )
    package static let smtpPassword = Setting<String?>(
        "alerts.smtp_password",
        environment: ["SMTP_PASSWORD"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        masking: .whole,
        help: "The password to sign in with."
    )
    package static let emailFrom = Setting<String?>(
        "alerts.email_from",
        environment: ["ALERT_EMAIL_FROM"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        help: "The sender of mails."
    )
    package static let emailTo = Setting<String?>(
        "alerts.email_to",
        environment: ["ALERT_EMAIL_TO"],
        default: nil,
        ValueReader.anyText("TEXT", maximum: 4096).optional,
        help: "The receivers of mails, with commas between them."
    )

    /// The settings that configure channels by environment variables.
    package static let channelSettings: [Setting<String?>] = [
        alertProviders, slackWebhook, discordWebhook, telegramToken, telegramChat, smtpHost, smtpPort, smtpUser,
        smtpPassword, emailFrom, emailTo,
    ]
}
