import Base
import Testing
import YAMLConfig

@Suite struct YAMLReaderTests {
    private func entries(_ text: String) throws -> [ConfigurationFileEntry] {
        try YAMLNode.read(Array(text.utf8))?.configurationEntries ?? []
    }

    @Test func nestedMapsBecomeDottedPaths() throws {
        let text = """
            # comment
            environment: staging
            api:
              host: "127.0.0.1"
              port: 8080   # trailing
            list: [1, 2]
            empty: {}
            nothing:
            tilde: ~
            quoted: "~"
            folded: >
              a
              b
            """
        #expect(
            try entries(text) == [
                ConfigurationFileEntry(name: "environment", text: "staging", line: 2),
                ConfigurationFileEntry(name: "api.host", text: "127.0.0.1", line: 4),
                ConfigurationFileEntry(name: "api.port", text: "8080", line: 5),
                ConfigurationFileEntry(name: "list", text: nil, line: 6),
                ConfigurationFileEntry(name: "empty", text: nil, line: 7),
                ConfigurationFileEntry(name: "nothing", text: nil, line: 8),
                ConfigurationFileEntry(name: "tilde", text: nil, line: 9),
                ConfigurationFileEntry(name: "quoted", text: "~", line: 10),
                ConfigurationFileEntry(name: "folded", text: "a b", line: 11),
            ]
        )
    }

    @Test(arguments: ["", "\n", "# only a comment\n", "---\n...\n"])
    func emptyDocumentsHaveNoEntries(_ text: String) throws {
        #expect(try entries(text) == [])
    }

    @Test(arguments: [
        ("a: &x 1\nb: *x", YAMLError.refused(line: 1, "anchors are not supported")),
        ("b: *x", .refused(line: 1, "aliases are not supported")),
        ("a: !!str 1", .refused(line: 1, "tags are not supported")),
        ("a: 1\n---\nb: 2", .refused(line: 2, "a second document begins here")),
        ("a:\n  b: 1\n  c: 2\n  b: 3", .refused(line: 4, "duplicate key 'b', first on line 2")),
        ("? [a, b]\n: 1", .refused(line: 1, "a key must be a single word")),
        ("a: b: c", .syntax(line: 1, "mapping values are not allowed in this context")),
        ("a: 1\nb: 'x", .syntax(line: 2, "found unexpected end of stream")),
        ("a: [1, 2", .syntax(line: 2, "did not find expected ',' or ']' while parsing a flow sequence from line 1")),
        ("a:\n\t- 1", .syntax(line: 2, "found character that cannot start any token")),
    ])
    func invalidConfigurationIsRefused(_ text: String, _ error: YAMLError) {
        #expect(throws: error) { try YAMLNode.read(Array(text.utf8)) }
    }

    @Test func sizesAreBounded() {
        var limits = YAMLNode.Limits()
        limits.depth = 4
        limits.nodes = 5
        #expect(throws: YAMLError.tooLarge(line: 1, "nested deeper than 4 levels")) {
            try YAMLNode.read(Array("a: [[[[1]]]]".utf8), limits: limits)
        }
        #expect(throws: YAMLError.tooLarge(line: 1, "more than 5 values")) {
            try YAMLNode.read(Array("[1,2,3,4,5,6]".utf8), limits: limits)
        }
        limits.bytes = 3
        #expect(throws: YAMLError.tooLarge(line: 1, "the file is larger than 3 bytes")) {
            try YAMLNode.read(Array("a: 1".utf8), limits: limits)
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["[", "{", "- ", "? ", "a:\n ", "&a "])
    func deepNestingEndsSoon(_ piece: String) {
        let text = String(repeating: piece, count: (YAMLNode.Limits().bytes - 10) / piece.utf8.count)
        #expect(throws: YAMLError.self) { try YAMLNode.read(Array(text.utf8)) }
    }

    @Test(arguments: 0..<50) func randomBytesNeverCrash(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let likely = Array("a:b -[]{}\n\n  '\"&*!|>%@`#?,".utf8)
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                Int.random(in: 0..<8, using: &random) > 0
                    ? likely.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
            }
            _ = try? YAMLNode.read(bytes)?.configurationEntries
        }
    }
}
