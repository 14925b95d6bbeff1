import Base
import Domain
import HTTPServer
import Storage

/// `/api/v1/policies`.
struct PolicyRoutes: Sendable {
    private let commands: PolicyCommands
    private static let tag = "Policies"
    private static let path = "/api/v1/policies"
    private static let id = Parameter.id("id", "The policy's number.")

    init(_ dependencies: APIDependencies) {
        let alerting = dependencies.alerting
        commands = PolicyCommands(
            policies: alerting.policies,
            channels: alerting.channels,
            changed: alerting.routingChanged
        )
    }

    var routes: [Route] { [list, create, show, replace, change, delete] }

    private static let conflict = DocumentedResponse.problem(409, "Another policy has this name.")

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "listPolicies",
            tag: Self.tag,
            "Policies in the order in which they are asked; X-Next-Cursor and Link lead to the next page",
            parameters: WholeListParameters.all,
            responses: [.page(PolicySchema.answer, "The policies."), .unavailable]
        ) { call throws(APIProblem) in
            let found = try await stored { () async throws(StorageError) in try await commands.policies.list() }
            let page = try WholeListParameters.page(of: found, call, number: \.id)
            return page.response(to: call, path: Self.path, \.json)
        }
    }

    private var create: Route {
        Route(
            .post,
            Self.path,
            operation: "createPolicy",
            tag: Self.tag,
            "Create a policy",
            details:
                "The channels must exist. The labels of group_by are id, kind, monitor, name, reason, rule, severity, "
                + "tag, url and, of rules, series.NAME.",
            body: PolicySchema.creation,
            responses: [
                .json(201, PolicySchema.answer, "The policy; Location names it."),
                .problem(409, "Another policy has this name, or there are too many."), .unavailable,
            ]
        ) { call throws(APIProblem) in
            let policy = try await commands.create(call.body)
            var response = Response.json(policy.json, status: .created)
            response.headers.append("Location", "\(Self.path)/\(policy.id)")
            return response
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getPolicy",
            tag: Self.tag,
            "One policy",
            parameters: [Self.id.specification],
            responses: [.json(200, PolicySchema.answer, "The policy."), .unavailable],
            missing: .noSuchPolicy
        ) { call throws(APIProblem) in .json(try await commands.policy(try call[Self.id]).json) }
    }

    private var replace: Route {
        Route(
            .put,
            "\(Self.path)/{id}",
            operation: "replacePolicy",
            tag: Self.tag,
            "Replace all settings of a policy; what is left out goes back to its default",
            parameters: [Self.id.specification],
            body: PolicySchema.replacement,
            responses: [.json(200, PolicySchema.answer, "The policy."), Self.conflict, .unavailable],
            missing: .noSuchPolicy
        ) { call throws(APIProblem) in .json(try await commands.replace(try call[Self.id], call.body).json) }
    }

    private var change: Route {
        Route(
            .patch,
            "\(Self.path)/{id}",
            operation: "changePolicy",
            tag: Self.tag,
            "Change some settings of a policy",
            parameters: [Self.id.specification],
            body: PolicySchema.change,
            responses: [.json(200, PolicySchema.answer, "The policy."), Self.conflict, .unavailable],
            missing: .noSuchPolicy
        ) { call throws(APIProblem) in .json(try await commands.change(try call[Self.id], call.body).json) }
    }

    private var delete: Route {
        Route(
            .delete,
            "\(Self.path)/{id}",
            operation: "deletePolicy",
            tag: Self.tag,
            "Delete a policy; what it has put on its way is sent all the same",
            parameters: [Self.id.specification],
            responses: [.empty(204, "It is gone."), .unavailable],
            missing: .noSuchPolicy
        ) { call throws(APIProblem) in
            try await commands.delete(try call[Self.id])
            return Response(.noContent)
        }
    }
}
