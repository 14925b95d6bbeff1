import API
import Base
import Domain
import HTTPServer
import Storage
import Testing

/// What all lists share: pages, filters, and synonyms of their parameters.
@Suite struct ListTests {
    @Test func shortListsArePaged() async throws {
        let app = try await TestApplication()
        for name in ["a", "b", "c"] { try await app.addChannel(name) }
        let whole = try await app.ask(.get, "/api/v1/channels")
        #expect(whole.json.arrayValue?.count == 3 && whole.headers["X-Next-Cursor"] == nil)
        let first = try await app.ask(.get, "/api/v1/channels?limit=2")
        #expect(first.json.arrayValue?.map { $0["name"] } == ["a", "b"])
        #expect(first.headers["X-Next-Cursor"] == "2")
        #expect(first.headers["Link"] == "</api/v1/channels?cursor=2&limit=2>; rel=\"next\"")
        let second = try await app.ask(.get, "/api/v1/channels?cursor=2&limit=2")
        #expect(second.json.arrayValue?.map { $0["name"] } == ["c"] && second.headers["Link"] == nil)
    }

    @Test(arguments: ["/api/v1/channels", "/api/v1/policies", "/api/v1/maintenance"])
    func limitsOfShortListsAreChecked(_ path: String) async throws {
        let app = try await TestApplication()
        #expect(await app.send(.get, "\(path)?limit=0").status == 422)
        #expect(await app.send(.get, "\(path)?cursor=x").status == 422)
        #expect(await app.send(.get, "\(path)?cursor=99&limit=1").json == [])
    }

    @Test func incidentsAreFoundByAnyTag() async throws {
        let app = try await TestApplication()
        try await app.open(.certificate, "A") { $0.tags = ["shop", "eu_1"] }
        try await app.open(.certificate, "B") { $0.tags = ["shop", "euX1"] }
        try await app.open(.certificate, "C") { $0.tags = ["shopping"] }
        func found(_ query: String) async throws -> [String] {
            try await app.ask(.get, "/api/v1/incidents?\(query)").json.arrayValue?.compactMap {
                $0["subject"]?.stringValue
            } ?? []
        }
        #expect(try await found("tag=shop") == ["B", "A"])
        #expect(try await found("tag=shop&tag=eu_1") == ["A"])
        #expect(try await found("tag=SHOPPING") == ["C"])
        #expect(try await found("tag=%25").isEmpty)
        let page = try await app.ask(.get, "/api/v1/incidents?tag=shop&limit=1")
        #expect(page.headers["Link"] == "</api/v1/incidents?cursor=2&limit=1&tag=shop>; rel=\"next\"")
        #expect(await app.send(.get, "/api/v1/incidents?limit=1&limit=2").status == 422, "only tags are repeated")
    }

    @Test func monitorsAreFoundByAnyTag() async throws {
        let app = try await TestApplication()
        for (name, tags) in [("A", ["shop", "eu"]), ("B", ["shop", "us"]), ("C", ["eu"])] as [(String, [JSONValue])] {
            let body: JSONValue = ["name": .string(name), "url": .string("http://\(name)/"), "tags": .array(tags)]
            #expect(await app.send(.post, "/api/v1/monitors", body).status == 201)
        }
        func found(_ query: String) async throws -> [JSONValue?] {
            try await app.ask(.get, "/api/v1/monitors?\(query)").json.arrayValue?.map { $0["name"] } ?? []
        }
        #expect(try await found("tag=shop") == ["A", "B"])
        #expect(try await found("tag=shop&tag=EU") == ["A"])
        #expect(try await found("tag=us&tag=eu").isEmpty)
        let page = try await app.ask(.get, "/api/v1/monitors?tag=shop&tag=shop&limit=1")
        #expect(page.headers["Link"]?.contains("&tag=shop&tag=shop&cursor=1>") == true)
    }

    @Test func synonymsMeanTheSame() async throws {
        let app = try await TestApplication()
        try await app.open()
        for query in ["status=open", "state=open", "status=open&state=open"] {
            #expect(try await app.ask(.get, "/api/v1/incidents?\(query)").json.arrayValue?.count == 1)
        }
        let clash = await app.send(.get, "/api/v1/incidents?status=open&state=resolved")
        #expect(clash.faults == ["value_error query.state"])
        for name in ["after", "cursor"] {
            let lines = try await app.ask(.get, "/api/v1/incidents/1/timeline?\(name)=0&limit=1")
            #expect(lines.json.arrayValue?.count == 1)
        }
    }
}
