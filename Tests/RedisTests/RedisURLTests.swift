import Redis
import Testing

@Suite struct RedisURLTests {
    @Test func partsAreReadAndDecoded() throws {
        let url = try RedisURL("rediss://me:p%40ss%3a@cache.example:6380/7")
        #expect(url.isSecure && url.host == "cache.example" && url.port == 6380)
        #expect(url.user == "me" && url.database == 7)
        #expect(url.description == "rediss://me:***@cache.example:6380/7")
        let short = try RedisURL("redis://[::1]")
        #expect(short.host == "::1" && short.port == 6379 && short.database == 0 && short.user == nil)
        #expect(try RedisURL("redis://:secret@127.0.0.1").description == "redis://:***@127.0.0.1:6379/0")
    }

    @Test(arguments: [
        "", "http://a", "redis://", "redis://a:0", "redis://a:65536", "redis://a:b", "redis://a/x", "redis://a/-1",
        "redis://[::1", "redis://[1.2.3]", "redis://u:secret@x@y", "redis://u@h", "redis://u:%zz@h", "redis://u:%ff@h",
        "redis://a?db=1", "redis://a b", "redis://a/1/2",
    ])
    func othersAreRefusedWithoutTheirPassword(_ text: String) {
        let error = #expect(throws: RedisURL.ParseError.self) { try RedisURL(text) }
        #expect(error?.description.hasPrefix("REDIS_URL: ") == true)
        #expect(error?.description.contains("secret") == false)
    }
}
