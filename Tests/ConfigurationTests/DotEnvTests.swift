import Base
import Testing

@Suite struct DotEnvTests {
    private func value(_ line: String) throws -> String? {
        try DotEnv(parsing: Array(line.utf8), path: ".env").variables["A"]?.value
    }

    @Test(
        arguments: [
            ("A=1", "1"),
            ("A=", ""),
            ("  A = 1", nil),
            ("A= 1  ", "1"),
            ("\tA=1", "1"),
            ("export A=1", "1"),
            ("export\t A=1", "1"),
            ("A=a b", "a b"),
            ("A=a # comment", "a"),
            ("A=a#b", "a#b"),
            ("A=# comment", ""),
            ("A=\"a # b\" # c", "a # b"),
            ("A='a \\n $B'", "a \\n $B"),
            (#"A="a\n\t\r\\\"\$b""#, "a\n\t\r\\\"$b"),
            ("A=${B}", "${B}"),
            ("A=\"$B\"", "$B"),
            ("A=b=c", "b=c"),
            ("A=1\r", "1"),
            ("\u{FEFF}A=1", "1"),
            ("A='é'", "é"),
            ("A=it's", "it's"),
            ("# A=2\n\n   \nA=1", "1"),
        ] as [(String, String?)]
    )
    func valuesAreParsed(_ line: String, _ expected: String?) throws {
        if let expected {
            #expect(try value(line) == expected)
        } else {
            #expect(throws: ConfigurationError.self) { try value(line) }
        }
    }

    @Test(arguments: [
        ("X=1\nA", 2, "expected '=' right after 'A'"),
        ("A =1", 1, "expected '=' right after 'A'"),
        ("=1", 1, "expected NAME=value"),
        ("1A=1", 1, "expected NAME=value"),
        ("export", 1, "expected '=' right after 'export'"),
        ("export =1", 1, "expected NAME=value"),
        ("A-B=1", 1, "expected '=' right after 'A'"),
        ("\n\nA='x", 3, "a quote does not end"),
        ("A=\"x", 1, "a quote does not end"),
        ("A=\"x\\\"", 1, "a quote does not end"),
        ("A=\"x\\", 1, #"an unknown escape; \n \r \t \\ \" \$ are known"#),
        ("A=\"\\x\"", 1, #"an unknown escape; \n \r \t \\ \" \$ are known"#),
        ("A='x'y", 1, "text after the closing quote"),
        ("A='x'#y", 1, "text after the closing quote"),
        ("A=1\nB=2\nA=3", 3, "A is already set on line 1"),
        ("A=\0", 1, "the line has a NUL byte"),
    ])
    func errorsNameTheLine(_ text: String, _ line: Int, _ reason: String) {
        #expect(throws: ConfigurationError(.syntax(path: "x/.env", line: line, reason: reason))) {
            try DotEnv(parsing: Array(text.utf8), path: "x/.env")
        }
    }

    @Test func invalidUTF8IsRefused() {
        #expect(throws: ConfigurationError(.syntax(path: ".env", line: 2, reason: "the line is not UTF-8"))) {
            try DotEnv(parsing: Array("A=1\nB=".utf8) + [0xFF], path: ".env")
        }
    }

    @Test func linesAreKept() throws {
        let file = try DotEnv(parsing: Array("# first\nA=1\n\nexport B=2\n".utf8), path: ".env")
        #expect(file.variables.mapValues(\.value) == ["A": "1", "B": "2"])
        #expect(file.variables.mapValues(\.line) == ["A": 2, "B": 4])
    }

    @Test(arguments: 0..<50) func randomBytesNeverCrash(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let likely = Array("A=\"'\\#$ \t\n\rexport".utf8)
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? likely.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
            }
            _ = try? DotEnv(parsing: bytes, path: ".env")
        }
    }
}
