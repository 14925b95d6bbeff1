import Base
import Checks
import Runtime

/// A kind with one setting of every sort, known to tests alone.
enum KnockKind: CheckKind {
    struct Settings: CheckSettings, Equatable {
        typealias Kind = KnockKind
        enum Mood: String, Sendable, CaseIterable { case calm, wild }
        var door = ""
        var times = 1
        var isLoud = false
        var timeout = Duration.seconds(5)
        var mood = Mood.calm
        var words: [String] = []
        var pass: String?
        init() {}
    }

    static let name = "knock"
    static let summary = "Knocks at a door."
    static let blank = Settings()
    static let fields: [Field<Settings>] = [
        Field("door", \.door, .text(1...50), default: "", isRequired: true, "Where to knock."),
        Field("times", \.times, .integer(1...9), default: 1, "How often."),
        Field("is_loud", \.isLoud, .flag, default: false, "Whether the neighbours hear it."),
        Field("timeout", \.timeout, .seconds(.milliseconds(100)...(.seconds(60))), default: .seconds(5), "The limit."),
        Field("mood", \.mood, .choice, default: .calm, "How."),
        Field("words", \.words, .list(.text(1...20), maximum: 3), default: [], "What is said."),
        Field("pass", \.pass, .optional(.secret(1...50)), default: nil, "The password."),
    ]
    static let phases: [Phase] = [.connect, .request]
    static let reasons: [Reason] = [.connectRefused, .answerTimeout]

    static func target(of settings: Settings) -> String { settings.door }
    static func targetKey(of settings: Settings) -> UInt64 { TargetKey.hash(settings.door) }
    static func timeout(of settings: Settings) -> Duration { settings.timeout }
    static func conflicts(in settings: Settings) -> [FieldError] {
        settings.isLoud && settings.mood == .calm
            ? [FieldError(field: "is_loud", reason: "does not go with a calm mood")] : []
    }
    static func makeProber(on loop: EventLoop, _ configuration: ProbeConfiguration) -> (any Prober)? { nil }
}
