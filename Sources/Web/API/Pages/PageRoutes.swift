import Base
import HTTPServer

/// The landing page, the API explorer with its files, and the OpenAPI document.
struct PageRoutes: Sendable {
    /// The OpenAPI document as sent.
    let document: [UInt8]
    private static let tag = "Pages"
    /// Created at the first request, because most processes never show the explorer.
    private static let explorer = SwaggerPage()

    var routes: [Route] {
        [
            page("/", "getLandingPage", "The landing page") { LandingPage.response },
            page("/docs", "getExplorer", "The API explorer") { Self.explorer.response },
            page("/api/docs", "getExplorerAlias", "The API explorer") { Self.explorer.response },
            description("/openapi.json", "getDescription"),
            description("/api/openapi.json", "getDescriptionAlias"),
            asset,
        ]
    }

    private func page(
        _ path: String,
        _ operation: String,
        _ summary: String,
        _ answer: @escaping @Sendable () -> Response
    ) -> Route {
        Route(
            .get,
            path,
            operation: operation,
            tag: Self.tag,
            summary,
            responses: [.other(200, "text/html", "The page.")]
        ) { _ throws(APIProblem) in answer() }
    }

    private func description(_ path: String, _ operation: String) -> Route {
        Route(
            .get,
            path,
            operation: operation,
            tag: Self.tag,
            "This description",
            responses: [.json(200, .any, "The OpenAPI 3.1 document.")]
        ) { _ throws(APIProblem) in
            var response = Response.json(document)
            response.headers.append("Cache-Control", "no-cache")
            return response
        }
    }

    private static let version = Parameter.word("version", "Changes with the content.", example: "0123456789abcdef")
    private static let name = Parameter.word("name", "The file's name.", example: "swagger-ui.js")

    private var asset: Route {
        Route(
            .get,
            "/assets/{version}/{name}",
            operation: "getAsset",
            tag: Self.tag,
            "A file of the pages, which may be cached for ever",
            parameters: [Self.version.specification, Self.name.specification],
            responses: [.other(200, "text/javascript", "The file."), .empty(304, "The client has this version.")],
            missing: .notFound
        ) { call throws(APIProblem) in
            let path = "/assets/\(try call[Self.version])/\(try call[Self.name])"
            guard let asset = Self.explorer.assets.first(where: { $0.path == path && !$0.isEmpty }) else {
                throw .notFound
            }
            return asset.response(to: call.request)
        }
    }
}
