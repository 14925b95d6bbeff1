import Base
import Domain
import SQL

/// The stored JSON of `MonitorAlerting`: the members that differ from the default; nil when none does.
enum AlertingCodec {
    static func encode(_ alerting: MonitorAlerting) -> String? {
        let object = MonitorAlerting.fields.object(alerting).keeping(alerting.unknown)
        return object.members.isEmpty ? nil : JSONValue.object(object).description
    }

    /// Decodes stored settings, and keeps the members of a newer release; throws `.corrupt` for what no release wrote.
    static func decode(_ text: String?) throws(SQLError) -> MonitorAlerting {
        var alerting = MonitorAlerting()
        guard let text else { return alerting }
        guard case .object(let object)? = try? JSONValue(parsing: text) else { throw .corrupt("alerting: no object") }
        do throws(FieldError) { alerting.unknown = try MonitorAlerting.fields.read(object, into: &alerting) } catch {
            throw .corrupt("alerting: \(error.field) is not what it should be")
        }
        return alerting
    }
}
