import Alerting
import Base
import Domain
import HTTPServer
import Storage

/// The pages of incidents that notifications link to, without scripts, for any browser.
struct IncidentPageRoutes: Sendable {
    private let alerting: AlertingDependencies
    private let now: @Sendable () -> Timestamp
    private static let tag = "Pages"
    private static let path = "/incidents"
    private static let id = Parameter.id("id", "The incident's number.")
    /// The most lines of a timeline, and incidents of a list.
    private static let limit = 500
    private static let formLimit = 65_536

    init(_ dependencies: APIDependencies) { (alerting, now) = (dependencies.alerting, dependencies.now) }

    var routes: [Route] { [list, show, act, style] }

    private var list: Route {
        Route(
            .get,
            Self.path,
            operation: "getIncidentsPage",
            tag: Self.tag,
            "The newest incidents, as a page",
            responses: [.other(200, "text/html", "The page."), .unavailable]
        ) { _ throws(APIProblem) in
            var (running, ended) = (IncidentFilter(), IncidentFilter())
            (running.states, ended.states) = ([.open, .acknowledged], [.resolved])
            let filters = (running, ended)
            return try await stored { () async throws(StorageError) in
                IncidentListPage(
                    running: try await alerting.incidents.list(filters.0, limit: Self.limit),
                    ended: try await alerting.incidents.list(filters.1, limit: 50),
                    count: try await alerting.incidents.runningCount(),
                    now: now()
                ).response
            }
        }
    }

    private var show: Route {
        Route(
            .get,
            "\(Self.path)/{id}",
            operation: "getIncidentPage",
            tag: Self.tag,
            "One incident with its timeline and a form to acknowledge it, as a page",
            parameters: [Self.id.specification],
            responses: [.other(200, "text/html", "The page."), .unavailable],
            missing: .noSuchIncident
        ) { call throws(APIProblem) in try await page(IncidentID(rawValue: try call[Self.id])) }
    }

    private var act: Route {
        Route(
            .post,
            "\(Self.path)/{id}",
            operation: "postIncidentForm",
            tag: Self.tag,
            "Submit the form of an incident's page",
            parameters: [Self.id.specification],
            form: Self.form,
            responses: [
                .empty(303, "Done; continues at the page."), .problem(400, "The form is malformed."),
                .other(409, "text/html", "The page with the reason."),
                .other(422, "text/html", "The page with the error of the form."), .unavailable,
            ],
            missing: .noSuchIncident
        ) { call throws(APIProblem) in
            let id = IncidentID(rawValue: try call[Self.id])
            let form = try await form(call)
            let (author, comment) = (form["author"], form["comment"])
            if let fault = Self.fault(form) { return try await page(id, .unprocessableContent, notice: fault) }
            do throws(IncidentCommands.CommandError) {
                if form["action"] == "acknowledge" {
                    _ = try await alerting.commands.acknowledge(id, by: author, comment: comment)
                } else {
                    _ = try await alerting.commands.comment(id, comment ?? "", by: author)
                }
            } catch {
                let problem = APIProblem(error)
                guard problem.status == 409, case .text(let words) = problem.detail else { throw problem }
                return try await page(id, .conflict, notice: words)
            }
            var response = Response(.seeOther)
            response.headers.append("Location", "\(Self.path)/\(id)")
            return response
        }
    }

    private var style: Route {
        Route(
            .get,
            PageLayout.stylePath,
            operation: "getStyle",
            tag: Self.tag,
            "The style sheet of the pages",
            responses: [.other(200, "text/css", "The style sheet.")]
        ) { _ throws(APIProblem) in PageLayout.style }
    }

    private static let form = Schema.tagged(
        "action",
        [("acknowledge", action("acknowledge", isRequired: false)), ("comment", action("comment", isRequired: true))]
    )

    /// The form of one button.
    private static func action(_ word: String, isRequired: Bool) -> Schema {
        let words = "The comment."
        return .object(
            word == "comment" ? "CommentForm" : "AcknowledgementForm",
            [
                .required("action", .oneOf([word]), "Which button was pressed."),
                // Browsers send empty fields too.
                .optional("author", .string(length: 0...100, example: "Ada"), "Who does it."),
                isRequired
                    ? .required("comment", PlainText.comment, words)
                    : .optional("comment", .string(length: 0...4000, example: "Looking into it"), words),
            ]
        )
    }

    // MARK: Steps

    private func page(
        _ id: IncidentID,
        _ status: Status = .ok,
        notice: String? = nil
    ) async throws(APIProblem) -> Response {
        let found = try await stored { () async throws(StorageError) -> IncidentPage? in
            guard let incident = try await alerting.incidents.incident(id) else { return nil }
            let timeline = try await alerting.incidents.newestEvents(of: id, limit: Self.limit + 1)
            var page = IncidentPage(incident: incident, timeline: timeline.suffix(Self.limit), now: now())
            (page.notice, page.isCut) = (notice, timeline.count > Self.limit)
            return page
        }
        guard let found else { throw .noSuchIncident }
        return found.response(status)
    }

    /// The fields of the form, by name.
    private func form(_ call: Call) async throws(APIProblem) -> [String: String] {
        let type = call.request.headers["Content-Type"]?.prefix { $0 != ";" }.lowercased()
        guard type == "application/x-www-form-urlencoded" else {
            throw APIProblem(400, "The body must be a form, application/x-www-form-urlencoded")
        }
        let items: Query
        do throws(HTTPServerError) {
            let bytes = try await call.request.body.collect(upTo: Self.formLimit)
            items = try Query(String(decoding: bytes, as: UTF8.self), limit: 10)
        } catch { throw APIProblem(400, "The form cannot be read: \(error)") }
        var values: [String: String] = [:]
        for item in items.items {
            guard ["action", "author", "comment"].contains(item.name) else {
                throw APIProblem(400, "The form has a member that is none of action, author, comment")
            }
            guard values[item.name] == nil else {
                throw APIProblem(400, "The form has its member \(item.name) more than once")
            }
            // Browsers send line breaks as CR LF.
            let text = item.value.replacing("\r\n", with: "\n")
            if !text.allSatisfy(\.isWhitespace) { values[item.name] = text }
        }
        return values
    }

    private static func fault(_ form: [String: String]) -> String? {
        guard form["action"] == "acknowledge" || form["action"] == "comment" else {
            return "The form's action is acknowledge or comment"
        }
        if form["action"] == "comment", form["comment"] == nil { return "The comment is empty" }
        for (name, limit) in [("author", 100), ("comment", 4000)] {
            guard let text = form[name] else { continue }
            if text.count > limit { return "The \(name) has more than \(limit) characters" }
            let isFit = name == "author" ? PlainText.line(text) == nil : PlainText.lines(text) == nil
            if !isFit { return "The \(name) holds control characters" }
        }
        return nil
    }
}
