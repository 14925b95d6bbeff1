import Base
import Domain
import Storage

/// Creates, changes and deletes policies.
struct PolicyCommands: Sendable {
    let policies: PolicyRepository
    let channels: ChannelRepository
    /// Called after each change.
    let changed: @Sendable () -> Void

    /// Stores a new policy from a checked body.
    func create(_ body: JSONValue) async throws(APIProblem) -> Policy {
        try await check(body)
        let draft = Self.policy(0, body)
        return try await written { () async throws(StorageError) in
            guard try await policies.list().count < PolicySchema.maximumCount else { return nil }
            return try await policies.insert(draft)
        } missing: {
            APIProblem(409, "There are \(PolicySchema.maximumCount) policies, which is the most")
        }
    }

    /// Replaces every setting: what the body leaves out goes back to its default.
    func replace(_ id: Int64, _ body: JSONValue) async throws(APIProblem) -> Policy {
        if let given = body["id"]?.integerValue, given != id {
            throw APIProblem([.value("id differs from the one in the path", at: ["body", "id"])])
        }
        do throws(APIProblem) { _ = try await policy(id) } catch {
            guard error.isOfDamage else { throw error }
            try await check(body)
            let policy = Self.policy(id, body)
            return try await written { () async throws(StorageError) in
                try await policies.update(policy)
                return policy
            }
        }
        return try await change(id, body) { $0 = Self.policy(id, body) }
    }

    /// Changes the settings that the body has.
    func change(_ id: Int64, _ body: JSONValue) async throws(APIProblem) -> Policy {
        try await change(id, body) { $0.apply(body) }
    }

    /// One policy; throws 404 when there is none.
    func policy(_ id: Int64) async throws(APIProblem) -> Policy {
        try await translated { () async throws(StorageError) in try await policies.policy(id) }
    }

    func delete(_ id: Int64) async throws(APIProblem) {
        let existed = try await stored { () async throws(StorageError) in try await policies.delete(id) }
        guard existed else { throw .noSuchPolicy }
        changed()
    }

    private func change(
        _ id: Int64,
        _ body: JSONValue,
        _ edit: @Sendable (inout Policy) -> Void
    ) async throws(APIProblem) -> Policy {
        // What does not exist is said before what is wrong with the body's members together.
        _ = try await policy(id)
        try await check(body)
        return try await written { () async throws(StorageError) in try await policies.change(id, edit) }
    }

    private static func policy(_ id: Int64, _ body: JSONValue) -> Policy {
        var policy = Policy(id: id, name: "", channels: [])
        policy.apply(body)
        return policy
    }

    /// Throws 422 for what only the store, or the other elements of a list, can tell.
    private func check(_ body: JSONValue) async throws(APIProblem) {
        var issues: [ValidationIssue] = []
        for name in ["channels", "group_by"] {
            let values = body[name]?.arrayValue ?? []
            for (index, value) in values.enumerated() where values[..<index].contains(value) {
                issues.append(.value("it is given twice", at: ["body", .key(name), .index(index)]))
            }
        }
        if let wanted = body["channels"]?.arrayValue, !wanted.isEmpty {
            let known = try await stored { () async throws(StorageError) in try await channels.list() }
            let ids = Set(known.map(\.id.rawValue))
            for (index, value) in wanted.enumerated() where value.integerValue.map(ids.contains) != true {
                issues.append(.value("there is no such channel", at: ["body", "channels", .index(index)]))
            }
        }
        guard issues.isEmpty else { throw APIProblem(issues) }
    }

    private func translated(
        _ body: () async throws(StorageError) -> Policy?,
        missing: () -> APIProblem = { .noSuchPolicy }
    ) async throws(APIProblem) -> Policy {
        let found: Policy?
        do throws(StorageError) {
            found = try await body()
        } catch {
            if case .duplicate = error { throw APIProblem(409, "A policy with this name exists already") }
            throw APIProblem(error)
        }
        guard let found else { throw missing() }
        return found
    }

    /// Writes, as `translated` does, and says that incidents may go elsewhere now.
    private func written(
        _ body: () async throws(StorageError) -> Policy?,
        missing: () -> APIProblem = { .noSuchPolicy }
    ) async throws(APIProblem) -> Policy {
        let policy = try await translated(body, missing: missing)
        changed()
        return policy
    }
}

extension APIProblem {
    static let noSuchPolicy = APIProblem(404, "Policy not found")
}
