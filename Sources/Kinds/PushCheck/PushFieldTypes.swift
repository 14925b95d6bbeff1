import Base
import Checks
import Domain
import ZoneInfo

/// The secret part of the address for pings.
package enum PushToken {
    /// The token in its normal form: a UUID in lower case, or 16 to 64 letters and digits unchanged.
    ///
    /// nil for anything else. The second form is for addresses that other programs issued.
    package static func normalized(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        if bytes.count == 36, bytes.indices.allSatisfy({ isUUID(bytes[$0], at: $0) }) { return text.lowercased() }
        return (16...64).contains(bytes.count) && bytes.allSatisfy(isWord) ? text : nil
    }

    private static func isUUID(_ byte: UInt8, at index: Int) -> Bool {
        if [8, 13, 18, 23].contains(index) { return byte == UInt8(ascii: "-") }
        return byte &- 48 < 10 || (byte | 32) &- 97 < 6
    }

    private static func isWord(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 32) &- 97 < 26 }
}

extension FieldType<String> {
    /// The token of a push monitor.
    static var pushToken: Self {
        var type = text(
            16...64,
            placeholder: "UUID",
            example: "0b0e7a0e-6f0a-4f0c-9d2f-3a1f8e6b5c4d"
        ) { text in
            guard PushToken.normalized(text) == nil else { return nil }
            return Schema.TextError("it is a UUID, or 16 to 64 letters and digits")
        }
        type.read = { $0.stringValue.flatMap(PushToken.normalized) }
        return type
    }

    /// The name of a time zone.
    static var timeZone: Self {
        text(1...ZoneName.lengthLimit, placeholder: "ZONE", example: "Europe/Berlin") { text in
            ZoneName.isValid(text) ? nil : Schema.TextError("it is no name of a time zone")
        }
    }
}

extension FieldType<CronExpression> {
    /// A cron expression with five fields, or a word such as @daily.
    static var cron: Self {
        let schema = Schema.string(length: 1...CronExpression.lengthLimit, example: "0 3 * * *") { text in
            do throws(CronError) {
                _ = try CronExpression(text)
                return nil
            } catch {
                return Schema.TextError("\(error)")
            }
        }
        return Self(
            schema: schema,
            placeholder: "CRON",
            write: { .string($0.description) },
            read: { $0.stringValue.flatMap { try? CronExpression($0) } }
        )
    }
}
