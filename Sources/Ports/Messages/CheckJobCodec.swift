package import Broker
import Base
package import Domain

/// Encodes the settings of a check in jobs as in the store, so that secrets stay encrypted.
package struct SpecCodec: Sendable {
    package let encode: @Sendable (CheckSpec) -> String
    /// Throws `FieldError` for settings that cannot be opened or read.
    package let decode: @Sendable (_ text: String, _ kind: String) throws(FieldError) -> CheckSpec

    package init(
        encode: @escaping @Sendable (CheckSpec) -> String,
        decode: @escaping @Sendable (_ text: String, _ kind: String) throws(FieldError) -> CheckSpec
    ) {
        self.encode = encode
        self.decode = decode
    }
}

extension MessageCodec<CheckJob> {
    /// Jobs, with times in milliseconds since 1970.
    package static func checkJobs(_ specs: SpecCodec) -> MessageCodec {
        MessageCodec { job in
            var object = JSONObject([
                ("monitor_id", .integer(job.monitorID.rawValue)), ("revision", .integer(job.revision)),
                ("region", .integer(Int64(job.region.id.rawValue))), ("region_name", .string(job.region.name.rawValue)),
                ("scheduled_at", .integer(job.scheduledAt.milliseconds)),
                ("expires_at", .integer(job.expiresAt.milliseconds)),
                ("kind", .string(job.spec.kind.name)), ("settings", .string(specs.encode(job.spec))),
            ])
            if let task = job.taskID { object["task_id"] = .string(task) }
            return object.message
        } decode: { bytes throws(MessageError) in
            let reader = try MessageReader(bytes)
            let (settings, kind) = (try reader.text("settings"), try reader.text("kind"))
            let spec: CheckSpec
            do throws(FieldError) { spec = try specs.decode(settings, kind) } catch {
                throw MessageError("settings: \(error)")
            }
            return CheckJob(
                monitorID: try reader.monitor(),
                revision: try reader.integer("revision"),
                region: Region(
                    try reader.region("region"),
                    reader.members["region_name"] == nil ? .local : try reader.regionName("region_name")
                ),
                scheduledAt: try reader.time("scheduled_at"),
                expiresAt: try reader.time("expires_at"),
                spec: spec,
                taskID: reader.members["task_id"]?.stringValue
            )
        }
    }
}
