import Base
import HTTPClient
import Runtime
import Testing
import TestSupport
import sentinel

/// `sentinel monitors`: first its client with answers of every kind, then the program with a server.
@Suite struct CLIMonitorsTests {
    /// A client whose server gives these answers in order, and its requests.
    private func api(
        _ answers: [HTTPClientResponse]
    ) -> (api: MonitorsAPI, requests: @Sendable () -> [HTTPClientRequest]) {
        let state = Box()
        let client = ServerClient(server: "http://s") { request throws(HTTPClientError) in
            let number = state.requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
            guard number <= answers.count else { throw .transport("connection refused") }
            return answers[number - 1]
        }
        return (MonitorsAPI(client), { state.requests.withLock { $0 } })
    }
    private final class Box: Sendable { let requests = Locked<[HTTPClientRequest]>([]) }

    private func answer(_ status: Int, _ text: String, cursor: String? = nil) -> HTTPClientResponse {
        let headers = cursor.map { [(name: "x-next-cursor", value: $0)] } ?? []
        return HTTPClientResponse(status: status, headers: headers, body: Array(text.utf8))
    }

    @Test func listReadsAllPages() async throws {
        let (api, requests) = api([answer(200, #"[{"id":1},{"id":2}]"#, cursor: "2"), answer(200, #"[{"id":3}]"#)])
        let (monitors, hasMore) = try await api.list([("q", "a&b é"), ("tag", nil)], limit: 1500)
        #expect(monitors.map { $0["id"] } == [1, 2, 3])
        #expect(!hasMore)
        #expect(
            requests().map(\.url) == [
                "http://s/api/v1/monitors?q=a%26b%20%C3%A9&limit=1000",
                "http://s/api/v1/monitors?q=a%26b%20%C3%A9&limit=1000&cursor=2",
            ]
        )
    }

    @Test func listStopsAtTheLimit() async throws {
        let (api, requests) = api([answer(200, #"[{"id":1},{"id":2}]"#, cursor: "2")])
        let (monitors, hasMore) = try await api.list([], limit: 2)
        #expect(monitors.count == 2)
        #expect(hasMore)
        #expect(requests().count == 1)
    }

    @Test(arguments: [
        (404, #"{"title":"Not found","detail":"Monitor not found"}"#, "the server answered 404: Monitor not found"),
        (503, #"{"title":"Unavailable"}"#, "the server answered 503: Unavailable"),
        (
            422,
            #"{"detail":[{"type":"missing","loc":["body","url"],"msg":"Field required"},{"loc":["body","tags",0],"msg":"bad"}]}"#,
            "the server answered 422: url: Field required; tags.0: bad"
        ),
        (500, "<html>", "the server answered 500"), (302, "", "the server answered 302"),
        (400, "{\"detail\":\"\\u001b[31m\"}", "the server answered 400: ?[31m"),
        (200, "<html>", "http://s answered with something that is no JSON: expected a value at byte 0"),
        (200, #"{"a":1}"#, "http://s answered with something that is no list of monitors"),
    ])
    func problemsAreReported(_ status: Int, _ body: String, _ message: String) async {
        let error = await #expect(throws: MonitorsAPI.Failure.self) {
            try await api([answer(status, body)]).api.list([], limit: 10)
        }
        #expect(error?.description == message)
    }

    @Test func unreachableServersAreReported() async {
        let error = await #expect(throws: MonitorsAPI.Failure.self) { try await api([]).api.remove(1) }
        #expect(error?.description == "cannot reach http://s: connection refused; is 'sentinel serve' running there?")
    }

    @Test func tableIsAligned() throws {
        let list = try JSONValue(
            parsing: """
                [{"id":1,"name":"a","url":"http://a/","interval":60,"enabled":true,"status":"up","tags":["x","y"]},
                 {"id":22,"name":"long name\\u001b","url":"http://b/","interval":3600,"enabled":false,"tags":[]},{}]
                """
        )
        #expect(
            MonitorsTable.text(list.arrayValue ?? []).split(separator: "\n") == [
                "ID  STATUS  INTERVAL  NAME        URL        TAGS", "1   up      1m        a           http://a/  x,y",
                "22  paused  1h        long name?  http://b/", "-   -       -         -           -",
            ]
        )
        #expect(MonitorsTable.text([]) == "No monitors.\n")
    }

    @Test func regionsHaveAColumnWhereTheyAreNamed() throws {
        let list = try JSONValue(
            parsing: """
                [{"id":1,"name":"a","url":"http://a/","interval":60,"enabled":true,"status":"up","tags":["x"],
                  "region_states":[{"region":"local","state":"up","is_fresh":true},
                                   {"region":"eu","state":"down","is_fresh":false},
                                   {"region":"us","state":"unknown","is_fresh":false,"is_online":null},
                                   {"region":"asia","state":"down","is_fresh":true,"is_online":false}]},
                 {"id":2,"name":"b","url":"http://b/","interval":60,"enabled":true,"status":"up","tags":[],
                  "region_states":[]}]
                """
        )
        #expect(
            MonitorsTable.text(list.arrayValue ?? []).split(separator: "\n") == [
                "ID  STATUS  INTERVAL  NAME  URL        TAGS  REGIONS",
                "1   up      1m        a     http://a/  x     local=up eu=silent us=unknown asia=offline",
                "2   up      1m        b     http://b/",
            ]
        )
    }

    @Test func missingServerExitsWith1() async throws {
        let address = "127.0.0.1:\(LoopbackTarget.closedPort())"
        for words in [["list"], ["add", "a", "http://a/"], ["rm", "1"]] {
            let output = try await SentinelBinary.run(["monitors"] + words, environment: ["SENTINEL_URL": address])
            #expect(output.code == 1)
            #expect(output.standardError.contains("cannot reach http://\(address): "))
        }
    }

    @Test func invalidAddressesExitWith2() async throws {
        let output = try await SentinelBinary.run(["monitors", "list"], environment: ["SENTINEL_URL": "ftp://x"])
        #expect(output.code == 2)
        #expect(output.standardError.contains("SENTINEL_URL: 'ftp://x' is not the http:// or https:// URL of a server"))
    }
}
