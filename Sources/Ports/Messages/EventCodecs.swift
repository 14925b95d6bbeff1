import Base
package import Domain

extension MessageCodec<MonitorEvent> {
    /// Changes of monitors.
    ///
    /// Other processes learn only that a monitor has changed: it may be large and contain secrets, and is in the store.
    package static let monitorEvents = MessageCodec { event in
        switch event {
        case .changed(let monitor):
            JSONObject([
                ("event", "changed"), ("monitor_id", .integer(monitor.id.rawValue)),
                ("revision", .integer(monitor.revision)),
            ]).message
        case .deleted(let id): JSONObject([("event", "deleted"), ("monitor_id", .integer(id.rawValue))]).message
        }
    } decode: { bytes throws(MessageError) in
        let reader = try MessageReader(bytes)
        let id = try reader.monitor()
        return try reader.text("event") == "deleted" ? .deleted(id) : nil
    }
}

extension MessageCodec<MaintenanceChanged> {
    package static let maintenanceChanges = MessageCodec { change in
        JSONObject([("maintenance_id", .integer(change.id))]).message
    } decode: { bytes throws(MessageError) in
        MaintenanceChanged(id: try MessageReader(bytes).integer("maintenance_id"))
    }
}

extension MessageCodec<Confirmation> {
    package static let confirmations = MessageCodec { wanted in
        JSONObject([
            ("monitor_id", .integer(wanted.monitorID.rawValue)), ("at", .integer(wanted.at.milliseconds)),
        ]).message
    } decode: { bytes throws(MessageError) in
        let reader = try MessageReader(bytes)
        return Confirmation(monitorID: try reader.monitor(), at: try reader.time("at"))
    }
}
