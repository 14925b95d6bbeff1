import Base
package import Domain
package import Runtime

/// A kind with one setting of every type, known only to tests.
package enum KnockKind: CheckKind {
    package struct Settings: CheckSettings {
        package typealias Kind = KnockKind
        package enum Mood: String, Sendable, CaseIterable { case calm, wild }
        package var door = ""
        package var times = 1
        package var isLoud = false
        package var timeout = Duration.seconds(5)
        package var mood = Mood.calm
        package var words: [String] = []
        package var pass: String?
        package init() {}
    }

    package static let name = "knock"
    package static let summary = "Knocks at a door."
    package static let blank = Settings()
    package static let fields: [Field<Settings>] = [
        Field("door", \.door, .text(1...50), default: "", isRequired: true, "Where to knock."),
        Field("times", \.times, .integer(1...9), default: 1, "How often."),
        Field("is_loud", \.isLoud, .flag, default: false, "Whether the neighbours hear it."),
        Field("timeout", \.timeout, .seconds(.milliseconds(100)...(.seconds(60))), default: .seconds(5), "The limit."),
        Field("mood", \.mood, .choice, default: .calm, "How."),
        Field("words", \.words, .list(.text(1...20), maximum: 3), default: [], "What is said."),
        Field("pass", \.pass, .optional(.secret(1...50)), default: nil, "The password."),
    ]
    package static let phases: [Phase] = [.connect, .request]
    package static let reasons: [Reason] = [.connectRefused, .answerTimeout]

    package static func target(of settings: Settings) -> String { settings.door }
    package static func targetKey(of settings: Settings) -> UInt64 { TargetKey.hash(settings.door) }
    package static func timeout(of settings: Settings) -> Duration { settings.timeout }
    package static func conflicts(in settings: Settings) -> [FieldError] {
        settings.isLoud && settings.mood == .calm
            ? [FieldError(field: "is_loud", reason: "does not go with a calm mood")] : []
    }
    package static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? { nil }
}
