package import Broker
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
        var object = JSONObject([
            ("monitor_id", .integer(wanted.monitorID.rawValue)), ("at", .integer(wanted.at.milliseconds)),
        ])
        if !wanted.regions.isEmpty {
            object["regions"] = .array(wanted.regions.map { .string($0.rawValue) })
        }
        return object.message
    } decode: { bytes throws(MessageError) in
        let reader = try MessageReader(bytes)
        let names = reader.members["regions"]?.arrayValue ?? []
        let regions = names.prefix(MonitorLimits.regionCount).compactMap { name in
            name.stringValue.flatMap(RegionName.init(rawValue:))
        }
        // A request whose regions cannot be read must not become one for all.
        guard regions.count == names.count else { throw MessageError("regions are no names of regions") }
        return Confirmation(monitorID: try reader.monitor(), at: try reader.time("at"), regions: regions)
    }
}

extension MessageCodec<RegionBeat> {
    package static let regionBeats = MessageCodec { beat in
        var object = JSONObject([("region", .string(beat.region.rawValue)), ("process", .string(beat.process))])
        if beat.isLast { object["is_last"] = true }
        if let isOnline = beat.isOnline { object["is_online"] = .bool(isOnline) }
        return object.message
    } decode: { bytes throws(MessageError) in
        let reader = try MessageReader(bytes)
        return RegionBeat(
            region: try reader.regionName("region"),
            process: String(try reader.text("process").prefix(100)),
            isLast: reader.members["is_last"] == true,
            isOnline: reader.members["is_online"]?.boolValue
        )
    }
}

extension MessageCodec<ConnectivityGuard.Report> {
    package static let connectivity = MessageCodec { report in
        func hashes(_ hosts: [UInt64]) -> JSONValue { .array(hosts.map { .integer(Int64(bitPattern: $0)) }) }
        let slices = report.slices.map { slice in
            JSONValue.object(
                JSONObject([
                    ("number", .integer(slice.number)), ("reached", .integer(Int64(slice.reached))),
                    ("fallen", hashes(slice.fallen)), ("lost", hashes(slice.lost)),
                ])
            )
        }
        return JSONObject([
            ("process", .string(report.process)), ("slices", .array(slices)),
            ("reached_at", .integer(report.reachedAt.milliseconds)), ("canaries", .integer(Int64(report.canaries))),
            ("lost_canaries", .integer(Int64(report.lostCanaries))), ("newest", .integer(report.newest)),
        ]).message
    } decode: { bytes throws(MessageError) in
        let reader = try MessageReader(bytes)
        let fault = MessageError("the report of what is reached cannot be read")
        func hashes(_ value: JSONValue?) throws(MessageError) -> [UInt64] {
            guard let hosts = value?.arrayValue, hosts.count <= 10_000 else { throw fault }
            return hosts.compactMap { $0.integerValue.map(UInt64.init(bitPattern:)) }
        }
        // Slices of milliseconds at least, in the years that Sentinel knows.
        let numbers = Timestamp.distantPast.milliseconds...Timestamp.distantFuture.milliseconds
        let newest = try reader.integer("newest")
        guard numbers.contains(newest) else { throw fault }
        guard let parts = reader.members["slices"]?.arrayValue, parts.count <= 100 else { throw fault }
        var slices: [ConnectivityGuard.Report.Slice] = []
        for part in parts {
            let (number, reached) = (part["number"]?.integerValue, part["reached"]?.integerValue)
            guard let number, numbers.contains(number), let reached, let count = Int32(exactly: reached), count >= 0
            else { throw fault }
            let (fallen, lost) = (try hashes(part["fallen"]), try hashes(part["lost"]))
            slices.append(.init(number, reached: Int(count), fallen: fallen, lost: lost))
        }
        let canaries = (try reader.count("canaries"), try reader.count("lost_canaries"))
        return ConnectivityGuard.Report(
            from: try reader.text("process"),
            slices,
            // Before anything was reached it is no time of the calendar.
            reachedAt: Timestamp(milliseconds: try reader.integer("reached_at")),
            canaries: canaries,
            newest: newest
        )
    }
}
