import Base
import Domain
import HTTPServer
import Storage

/// A type of object in the API, with the routes that all types have: list, create, show, replace, change, delete.
///
/// A declaration gives what is specific; paths, parameters, documented responses and the responses follow from it.
struct Resource<Item: Sendable>: Sendable {
    /// The names of the type.
    struct Names: Sendable {
        /// In the document's tag: `Servers`.
        let tag: String
        /// In names of operations: `Server`, `Servers`.
        let operation: String
        let operations: String
        /// In descriptions of responses: `server`, `servers`.
        let word: String
        let words: String
        /// In summaries: `server`, or a longer name where that would be ambiguous.
        let title: String
    }

    /// `/api/v1/servers/`; a slash at its end is kept.
    let path: String
    let names: Names
    let schemas: ResourceSchemas
    /// What the request for a thing that is not there is answered with.
    let missing: APIProblem
    let number: @Sendable (Item) -> Int64
    let json: @Sendable (Item) -> JSONValue
    /// The thing of a number; nil when there is none.
    let find: @Sendable (Int64) async throws(APIProblem) -> Item?
    /// What is odd about a thing as it was written; for the answer's member `warnings`.
    var warnings: @Sendable (Item) async -> [String] = { _ in [] }
    /// The settings of a thing that this release does not know.
    var newer: @Sendable (Item) -> [String] = { NewerMembers.names(in: $0) }
    /// What the answer to a creation says beside the thing itself.
    var whenCreated: @Sendable (Item) async throws(APIProblem) -> JSONObject = { _ in JSONObject() }

    private var id: Parameter<Int64> { .id("id", "The \(names.word)'s number.") }

    /// The path of one object, or the template with `{id}`.
    func path(of id: String) -> String { path.hasSuffix("/") ? path + id : "\(path)/\(id)" }

    /// The object that a request names; throws `missing`.
    func item(_ call: Call) async throws(APIProblem) -> Item {
        guard let item = try await find(try call[id]) else { throw missing }
        return item
    }

    /// `GET` of the list; `page` reads the requested part.
    func list(
        order: String,
        parameters: [ParameterSpecification],
        _ page: @escaping @Sendable (Call) async throws(APIProblem) -> Response
    ) -> Route {
        Route(
            .get,
            path,
            operation: "list\(names.operations)",
            tag: names.tag,
            "\(order); X-Next-Cursor and Link lead to the next page",
            parameters: parameters,
            responses: [.page(schemas.answer, "The \(names.words)."), .unavailable]
        ) { call throws(APIProblem) in try await page(call) }
    }

    /// `GET` of all, where they are few enough to be read whole.
    func list(order: String, all: @escaping @Sendable () async throws(APIProblem) -> [Item]) -> Route {
        list(order: order, parameters: WholeListParameters.all) { call throws(APIProblem) in
            let page = try WholeListParameters.page(of: try await all(), call, number: number)
            return page.response(to: call, path: path, json)
        }
    }

    /// `POST` to all; `make` stores what the checked body describes.
    func create(
        _ summary: String,
        details: String? = nil,
        problems: [DocumentedResponse] = [],
        _ make: @escaping @Sendable (JSONValue) async throws(APIProblem) -> Item
    ) -> Route {
        Route(
            .post,
            path,
            operation: "create\(names.operation)",
            tag: names.tag,
            summary,
            details: details,
            body: schemas.creation,
            responses: [.json(201, schemas.answer, "The \(names.word); Location names it.")] + problems + [.unavailable]
        ) { call throws(APIProblem) in
            let item = try await make(call.body)
            let answer = json(item).warning(JSONValue.newerWarnings(newer(item)) + (await warnings(item))).adding(
                try await whenCreated(item)
            )
            var response = Response.json(answer, status: .created)
            response.headers.append("Location", path(of: "\(number(item))"))
            return response
        }
    }

    /// `GET` of one object.
    var show: Route {
        Route(
            .get,
            path(of: "{id}"),
            operation: "get\(names.operation)",
            tag: names.tag,
            "One \(names.title)",
            parameters: [id.specification],
            responses: [.json(200, schemas.answer, "The \(names.word)."), .unavailable],
            missing: missing
        ) { call throws(APIProblem) in
            let item = try await item(call)
            return .json(json(item).warning(JSONValue.newerWarnings(newer(item))))
        }
    }

    /// `PUT` of one object; `write` stores the validated body, or returns nil when there is no such object.
    func replace(
        _ summary: String,
        problems: [DocumentedResponse] = [],
        _ write: @escaping @Sendable (Int64, JSONValue) async throws(APIProblem) -> Item?
    ) -> Route {
        writing(.put, "replace", summary, schemas.replacement, problems, write)
    }

    /// `PATCH` of one object; like `replace`, for the members that the body contains.
    func change(
        _ summary: String,
        problems: [DocumentedResponse] = [],
        _ write: @escaping @Sendable (Int64, JSONValue) async throws(APIProblem) -> Item?
    ) -> Route {
        writing(.patch, "change", summary, schemas.change, problems, write)
    }

    private func writing(
        _ method: Method,
        _ verb: String,
        _ summary: String,
        _ body: Schema,
        _ problems: [DocumentedResponse],
        _ write: @escaping @Sendable (Int64, JSONValue) async throws(APIProblem) -> Item?
    ) -> Route {
        Route(
            method,
            path(of: "{id}"),
            operation: "\(verb)\(names.operation)",
            tag: names.tag,
            summary,
            parameters: [id.specification],
            body: body,
            responses: [.json(200, schemas.answer, "The \(names.word).")] + problems + [.unavailable],
            missing: missing
        ) { call throws(APIProblem) in
            let number = try call[id]
            if let given = call.body["id"]?.integerValue, given != number {
                throw APIProblem([.value("id differs from the one in the path", at: ["body", "id"])])
            }
            guard let item = try await write(number, call.body) else { throw missing }
            return .json(json(item).warning(JSONValue.newerWarnings(newer(item)) + (await warnings(item))))
        }
    }

    /// `DELETE` of one object; `remove` returns whether it existed.
    func delete(
        _ summary: String,
        verb: String = "delete",
        gone: String = "It is gone.",
        problems: [DocumentedResponse] = [],
        _ remove: @escaping @Sendable (Int64) async throws(APIProblem) -> Bool
    ) -> Route {
        Route(
            .delete,
            path(of: "{id}"),
            operation: "\(verb)\(names.operation)",
            tag: names.tag,
            summary,
            parameters: [id.specification],
            responses: [.empty(204, gone)] + problems + [.unavailable],
            missing: missing
        ) { call throws(APIProblem) in
            guard try await remove(try call[id]) else { throw missing }
            return Response(.noContent)
        }
    }
}

extension Resource {
    /// A thing whose settings are those of a table.
    ///
    /// Answers have its number, what `leading` and `trailing` say of it, and every setting in between. PUT and PATCH take
    /// an answer back: they pass over what only the server sets. Schemas are
    /// named after `component`, that of answers `answering` where it has another name. A new thing has
    /// exactly one of the members `exactlyOne`, where it names some.
    init<Root>(
        path: String,
        names: Names,
        component: String,
        answering: String? = nil,
        fields: FieldTable<Root>,
        of root: @escaping @Sendable (Item) -> Root,
        leading: [ServerMember<Item>] = [],
        trailing: [ServerMember<Item>] = [],
        extras: [Schema.Field] = [],
        exactlyOne: [String] = [],
        missing: APIProblem,
        number: @escaping @Sendable (Item) -> Int64,
        find: @escaping @Sendable (Int64) async throws(APIProblem) -> Item?
    ) {
        let id = ServerMember<Item>("id", .integer(1...Int64.max, example: 1), "The \(names.word)'s number.") {
            .integer(number($0))
        }
        let leading = [id] + leading
        self.path = path
        self.names = names
        self.missing = missing
        self.number = number
        self.find = find
        schemas = ResourceSchemas(
            component,
            answering: answering ?? component,
            fields,
            leading: leading.map(\.field),
            trailing: trailing.map(\.field),
            extras: extras,
            exactlyOne: exactlyOne
        )
        json = { item in
            let members = leading.map { $0.member(item) } + fields.shown(root(item))
            return .object(JSONObject(members + trailing.map { $0.member(item) }))
        }
    }
}
