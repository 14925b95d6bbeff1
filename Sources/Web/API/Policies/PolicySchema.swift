import Base
import Domain

/// The schemas of a policy as it is sent and as it is answered.
enum PolicySchema {
    /// A new policy: what is left out takes its default.
    static let creation = Schema.object("PolicyCreation", fields)
    /// A whole policy: what is left out goes back to its default; its number is let pass.
    static let replacement = Schema.object("PolicyReplacement", fields + [id.readOnly])
    /// A change: what is left out stays.
    static let change = Schema.object("PolicyChange", fields.map(\.partial))
    /// A policy as the server answers it.
    static let answer = Schema.object("Policy", ([id] + fields).map(\.response))

    /// The most policies, since each is asked about each incident.
    static let maximumCount = 500

    private static let id = Schema.Field.required("id", .integer(1...Int64.max, example: 1), "The policy's number.")

    private static let fields: [Schema.Field] = [
        .required(
            "name",
            .string(length: 1...Channel.nameLength, example: "Shop", rule: PlainText.line),
            "Its name, unique."
        ),
        .optional("position", .integer(0...1_000_000), default: 0, "Policies are asked in ascending order."),
        .optional("enabled", .boolean, default: true, "Whether it is asked."),
        .optional("matchers", MatcherSchema.list(), default: [], "What incidents it is for: all must fit."),
        .optional(
            "channels",
            .array(.integer(1...Int64.max, example: 1), maximumCount: 50),
            default: [],
            "Numbers of channels; none tells nobody."
        ),
        .optional("continue", .boolean, default: false, "Whether later policies are asked too."),
        .optional("delay", seconds(Policy.delays), default: 0, "Seconds to wait; who recovers in them is not told of."),
        .optional(
            "group_by",
            .array(
                .string(
                    length: 1...100,
                    pattern: MatcherSchema.labelPattern,
                    example: "tag",
                    rule: MatcherSchema.label
                ),
                maximumCount: 10
            ),
            default: [],
            "Incidents with the same values of these labels go into one notification."
        ),
        .optional(
            "group_interval",
            seconds(Policy.groupIntervals),
            default: 30,
            "Seconds between two notifications of one group at least."
        ),
        .optional(
            "repeat_interval",
            seconds(AlertingLimits.repeatInterval).nullable,
            default: .null,
            "Seconds from reminder to reminder; null leaves it to the monitor."
        ),
    ]

    private static func seconds(_ range: ClosedRange<Duration>) -> Schema {
        .integer(range.lowerBound.components.seconds...range.upperBound.components.seconds)
    }
}

/// The schemas of conditions on labels.
enum MatcherSchema {
    /// Texts such as `tag=shop`; one may hold several with commas between, which count together.
    static func list(minimumCount: Int = 0) -> Schema {
        .array(
            .string(length: 1...256, example: "tag=shop", rule: matcher),
            minimumCount: minimumCount,
            maximumCount: 20
        )
    }

    static func matcher(_ text: String) -> Schema.TextFault? {
        // The store keeps them apart by line feeds.
        if let fault = PlainText.line(text) { return fault }
        do throws(LabelMatcher.Fault) {
            _ = try LabelMatcher.list(text)
            return nil
        } catch {
            return .init(error.description)
        }
    }

    /// Says of `label` what a regular expression can.
    static var labelPattern: String {
        "^(\(LabelMatcher.labels.sorted().joined(separator: "|"))|series\\.[^\\x00-\\x1F\\x7F-\\x9F]+)$"
    }

    static func label(_ text: String) -> Schema.TextFault? {
        LabelMatcher.isLabel(text)
            ? PlainText.line(text) : .init(LabelMatcher.Fault.unknownLabel(text).description)
    }
}
