import Base
import Testing

@Suite struct BytesTextTests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", "", ""), ("f", "Zg==", "66"), ("fo", "Zm8=", "666f"), ("foo", "Zm9v", "666f6f"),
        ("foob", "Zm9vYg==", "666f6f62"), ("fooba", "Zm9vYmE=", "666f6f6261"), ("foobar", "Zm9vYmFy", "666f6f626172"),
    ])
    func base64MatchesTheRFCVectors(_ text: String, _ base64: String, _ hex: String) {
        let bytes = Array(text.utf8)
        #expect(bytes.base64() == base64 && [UInt8](base64: base64) == bytes)
        let short = String(base64.prefix { $0 != "=" })
        #expect(bytes.base64(.urlSafe) == short && [UInt8](base64: short, .urlSafe) == bytes)
        #expect(bytes.hex == hex && [UInt8](hex: hex) == bytes && [UInt8](hex: hex.uppercased()) == bytes)
    }

    @Test func alphabetsDifferInTwoCharacters() {
        #expect([0xFB, 0xFF, 0xFE].base64() == "+//+" && [0xFB, 0xFF, 0xFE].base64(.urlSafe) == "-__-")
        #expect([UInt8](base64: "-__-") == nil && [UInt8](base64: "+//+", .urlSafe) == nil)
    }

    @Test func everyByteRoundTrips() {
        var random = SeededGenerator(seed: 1)
        for count in 0..<300 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect([UInt8](base64: bytes.base64()) == bytes)
            #expect([UInt8](base64: bytes.base64(.urlSafe), .urlSafe) == bytes)
            #expect([UInt8](hex: bytes.hex) == bytes)
        }
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Z===", "Zg==Zg==", "Zm9v\n", "Zm 9", "Z", "Zm9vY", "Zé==",
    ])
    func nonCanonicalBase64IsRefused(_ text: String) { #expect([UInt8](base64: text) == nil) }

    @Test(arguments: ["Zg==", "Z", "Zh", "Zm9vY", "Zm9v="])
    func nonCanonicalURLSafeBase64IsRefused(_ text: String) { #expect([UInt8](base64: text, .urlSafe) == nil) }

    @Test(arguments: ["0", "0g", "0x00", " 00", "００", "abc"])
    func invalidHexIsRefused(_ text: String) { #expect([UInt8](hex: text) == nil) }
}
