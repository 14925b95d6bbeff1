import Base
import HTTPServer
import Testing

@Suite struct RouterTests {
    private static let handler: Handler = {
        var router = Router()
        for template in [
            "/", "/monitors", "/monitors/{id}", "/monitors/summary", "/monitors/{id}/history", "/a/{x}/b/{y}",
        ] {
            router.on(.get, template) { request in
                .text("\(template) \(request.route ?? "-") \(["id", "x", "y"].compactMap { request.parameters[$0] })")
            }
        }
        router.on(.post, "/monitors") { _ in .text("created") }
        router.on(.delete, "/monitors/{id}") { _ in .text("deleted") }
        return router.makeHandler()
    }()

    private func text(_ response: Response) -> String {
        if case .bytes(let bytes) = response.body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    @Test(arguments: [
        ("/", "/ / []"), ("/monitors", "/monitors /monitors []"), ("/monitors/", "/monitors /monitors []"),
        ("/monitors/7", #"/monitors/{id} /monitors/{id} ["7"]"#),
        ("/monitors/7/", #"/monitors/{id} /monitors/{id} ["7"]"#),
        ("/monitors/summary", "/monitors/summary /monitors/summary []"),
        ("/monitors/summary/history", #"/monitors/{id}/history /monitors/{id}/history ["summary"]"#),
        ("/m%6Fnitors/a%20b%2Fc", #"/monitors/{id} /monitors/{id} ["a b/c"]"#),
        ("/monitors/a+b", #"/monitors/{id} /monitors/{id} ["a+b"]"#),
        ("/monitors/gr%C3%BC%C3%9F", #"/monitors/{id} /monitors/{id} ["grüß"]"#),
        ("/a/1/b/2", #"/a/{x}/b/{y} /a/{x}/b/{y} ["1", "2"]"#),
    ])
    func pathFindsItsRoute(_ path: String, _ expected: String) async {
        let response = await Self.handler(Request(.get, path + "?q=1"))
        #expect(text(response) == expected)
        let head = await Self.handler(Request(.head, path))
        #expect(head.status == .ok)
    }

    @Test(arguments: [
        ("/nothing", 404), ("//", 404), ("/monitors//", 404), ("//monitors", 404), ("/monitors//history", 404),
        ("/monitors/1/history/2", 404), ("/monitors/%zz", 400), ("/monitors/%", 400), ("/monitors/%4", 400),
        ("/monitors/%00", 400), ("/monitors/%C0%AF", 400), ("/monitors/%FF", 400), ("/%zz/x", 400),
        ("/monitors/../x", 404), ("/a/1/b/2/3/4/5/6/7/8", 404),
    ])
    func unknownAndMalformedPathsAreRefused(_ path: String, _ status: Int) async {
        let response = await Self.handler(Request(.get, path))
        #expect(response.status.code == status)
        #expect(response.contentType == nil || "\(response.contentType ?? "")" == "application/problem+json")
    }

    @Test func allowedMethodsAreListed() async {
        let refused = await Self.handler(Request(.put, "/monitors"))
        #expect(refused.status == .methodNotAllowed)
        #expect(refused.headers["Allow"] == "GET, POST, HEAD, OPTIONS")
        #expect(refused.route == "/monitors")
        let options = await Self.handler(Request(.options, "/monitors/7"))
        #expect(options.status == .noContent)
        #expect(options.headers["allow"] == "GET, DELETE, HEAD, OPTIONS")
    }

    private struct Mark: AttributeKey { typealias Value = String }

    private struct Append: Middleware {
        let name: String

        func respond(to request: Request, next: Handler) async -> Response {
            var request = request
            request.attributes[Mark.self] = (request.attributes[Mark.self] ?? "") + name
            var response = await next(request)
            response.headers.append("X-Seen", "\(name) \(request.route ?? "-")")
            return response
        }
    }

    @Test func middlewareWrapsHandlersAndRefusals() async {
        var router = Router { problem, _ in .text("custom \(problem.status.code)", status: problem.status) }
        router.use(Append(name: "a"))
        router.group("/api", middleware: [Append(name: "b")]) { group in
            group.on(.get, "/{id}") { .text($0.attributes[Mark.self] ?? "") }
        }
        let handler = router.makeHandler()
        let found = await handler(Request(.get, "/api/1"))
        #expect(text(found) == "ab")
        #expect(found.headers.values(of: "x-seen") == ["b /api/{id}", "a /api/{id}"])
        let missing = await handler(Request(.get, "/elsewhere"))
        #expect(text(missing) == "custom 404")
        #expect(missing.headers.values(of: "x-seen") == ["a -"])
        let refused = await handler(Request(.post, "/api/1"))
        #expect(refused.headers["Allow"] == "GET, HEAD, OPTIONS")
    }

    /// For any table of routes and any path, the router agrees with a linear search through the table.
    @Test func trieAgreesWithALinearSearch() async {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            var templates: Set<[String]> = []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                templates.insert(
                    (0..<Int.random(in: 0...4, using: &random)).map { _ in
                        ["a", "b", "{}"].randomElement(using: &random) ?? ""
                    }
                )
            }
            var router = Router()
            for template in templates {
                let named = template.enumerated().map { $1 == "{}" ? "{p\($0)}" : $1 }
                router.on(.get, "/" + named.joined(separator: "/")) { _ in .text(template.joined(separator: "/")) }
            }
            let handler = router.makeHandler()
            for _ in 0..<20 {
                let path = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                    ["a", "b", "c"].randomElement(using: &random) ?? ""
                }
                let response = await handler(Request(.get, "/" + path.joined(separator: "/")))
                let best =
                    templates
                    .filter { $0.count == path.count && zip($0, path).allSatisfy { $0 == "{}" || $0 == $1 } }
                    // Literals first, from the left; "{" sorts behind the letters.
                    .min { $0.lexicographicallyPrecedes($1) }
                #expect(text(response) == best?.joined(separator: "/") || (best == nil && response.status == .notFound))
            }
        }
    }
}
