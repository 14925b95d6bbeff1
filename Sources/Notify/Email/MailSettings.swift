/// What the e-mail channel's settings demand together.
enum MailSettings {
    static func faults(_ channel: ChannelSettings, _ provider: Provider) -> [ChannelFault] { [] }
}
