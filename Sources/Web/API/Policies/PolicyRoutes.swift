import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/policies`.
struct PolicyRoutes: Sendable {
    private let policies: PolicyRepository
    private let channels: ChannelRepository
    /// Called after each change.
    private let changed: @Sendable () -> Void
    private let resource: Resource<Policy>
    private static let missing = APIProblem(404, "Policy not found")
    private static let conflict = DocumentedResponse.problem(409, "Another policy has this name.")
    /// The most policies, since each is asked about each incident.
    private static let maximumCount = 500

    init(_ dependencies: APIDependencies) {
        let policies = dependencies.alerting.policies
        self.policies = policies
        channels = dependencies.alerting.channels
        changed = dependencies.alerting.routingChanged
        var resource = Resource(
            path: "/api/v1/policies",
            names: .init(
                tag: "Policies",
                operation: "Policy",
                operations: "Policies",
                word: "policy",
                words: "policies",
                title: "policy"
            ),
            component: "Policy",
            fields: Policy.fields,
            of: \.self,
            extras: [.matches],
            missing: Self.missing,
            number: \.id,
            find: { id throws(APIProblem) in
                try await stored { () async throws(StorageError) in try await policies.policy(id) }
            }
        )
        let counter = MatchCounter(beside: dependencies.monitors)
        resource.whenCreated = { item throws(APIProblem) in try await counter.matches(item.matchers) }
        resource.warnings = { policy in
            policy.isEnabled && policy.channels.isEmpty
                ? ["it has no channels: nobody is notified of the incidents that it takes"] : []
        }
        self.resource = resource
    }

    var routes: [Route] { [list, create, resource.show, replace, change, delete] }

    private var list: Route {
        resource.list(order: "Policies in the order in which they are asked") { () async throws(APIProblem) in
            try await stored { () async throws(StorageError) in try await policies.list() }
        }
    }

    private var create: Route {
        resource.create(
            "Create a policy",
            details:
                "The channels must exist. The labels of group_by are id, kind, monitor, name, reason, rule, severity, "
                + "tag, url and, of rules, series.NAME.",
            problems: [.problem(409, "Another policy has this name, or there are too many.")]
        ) { body throws(APIProblem) in
            try await check(body)
            let read = try Policy.fields.taking(body, over: Policy(id: 0, name: "", channels: []))
            let policy = try await written { () async throws(StorageError) in
                let others = try await policies.list()
                guard others.count < Self.maximumCount else { return nil }
                return try await policies.insert(Self.placed(read, body, beside: others))
            }
            guard let policy else {
                throw APIProblem(409, "There are \(Self.maximumCount) policies, which is the most")
            }
            return policy
        }
    }

    private var replace: Route {
        resource.replace(
            "Replace all settings of a policy; what is left out goes back to its default",
            problems: [Self.conflict]
        ) { id, body throws(APIProblem) in
            // What does not exist is said before what is wrong with the body's members together.
            var blank = Policy(id: id, name: "", channels: [])
            do throws(APIProblem) {
                guard let old = try await resource.find(id) else { return nil }
                blank.unknown = old.unknown
            } catch {
                // A row that cannot be read is written over.
                guard error.isOfDamage else { throw error }
            }
            try await check(body)
            let read = try Policy.fields.taking(body, over: blank)
            return try await written { () async throws(StorageError) in
                let policy = Self.placed(read, body, beside: try await policies.list())
                do throws(StorageError) { try await policies.update(policy) } catch {
                    if error == .notFound { return nil }
                    throw error
                }
                return policy
            }
        }
    }

    private var change: Route {
        resource.change("Change some settings of a policy", problems: [Self.conflict]) { id, body throws(APIProblem) in
            guard let old = try await resource.find(id) else { return nil }
            try await check(body)
            let change = try Policy.fields.change(body, of: old)
            return try await written { () async throws(StorageError) in try await policies.change(id, change) }
        }
    }

    private var delete: Route {
        resource.delete("Delete a policy; what it has put on its way is sent all the same") { id throws(APIProblem) in
            let existed = try await stored { () async throws(StorageError) in try await policies.delete(id) }
            if existed { changed() }
            return existed
        }
    }

    /// Without a position a policy is asked after the others: what is added must not take incidents away from them.
    private static func placed(_ policy: Policy, _ body: JSONValue, beside others: [Policy]) -> Policy {
        guard body["position"] == nil else { return policy }
        var policy = policy
        // Of those with one position, the one with the higher number is the later.
        let step = others.contains { $0.id > policy.id && policy.id > 0 } ? 1 : 0
        let last = others.filter { $0.id != policy.id }.map(\.position).max()
        policy.position = last.map { min($0 + step, Policy.positions.upperBound) } ?? 0
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

    /// Writes, and says that incidents may go elsewhere now.
    private func written(_ body: () async throws(StorageError) -> Policy?) async throws(APIProblem) -> Policy? {
        let policy: Policy?
        do throws(StorageError) { policy = try await body() } catch {
            if case .duplicate = error { throw APIProblem(409, "A policy with this name exists already") }
            throw APIProblem(error)
        }
        if policy != nil { changed() }
        return policy
    }
}
