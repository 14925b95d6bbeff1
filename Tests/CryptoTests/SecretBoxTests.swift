import Base
import Crypto
import Testing

@Suite struct SecretBoxTests {
    private let box = SecretBox(secret: Array("a secret key that is long enough".utf8), purpose: "channels")

    private func fault(_ sealed: String, for context: String = "channel/7/token", _ box: SecretBox? = nil)
        -> SecretError?
    {
        do throws(SecretError) {
            _ = try (box ?? self.box).open(sealed, for: context)
            return nil
        } catch { return error }
    }

    @Test(arguments: ["", "abcdef", "xoxb-123", "Grüße ☃️", String(repeating: "long ", count: 10_000)])
    func sealedTextCanBeOpened(_ text: String) throws {
        let sealed = box.seal(text, for: "channel/7/token")
        let bytes = try #require([UInt8](base64: sealed.dropFirst(3)))
        #expect(sealed.hasPrefix("v1:") && bytes.count == 28 + text.utf8.count)
        #expect(text.isEmpty || !bytes.dropFirst(12).starts(with: text.utf8))
        #expect(try box.open(sealed, for: "channel/7/token") == text)
        #expect(box.seal(text, for: "channel/7/token") != sealed)
    }

    @Test func boxesWithTheSameSecretOpenEachOther() throws {
        let other = SecretBox(secret: Array("a secret key that is long enough".utf8), purpose: "channels")
        #expect(try other.open(box.seal("text", for: "a"), for: "a") == "text")
    }

    /// A text sealed by an earlier build must stay readable.
    @Test func sealedFormatIsStable() throws {
        let box = SecretBox(secret: Array("secret".utf8), salt: "salt", purpose: "purpose")
        // Computed from the standards in another language.
        let sealed = "v1:AAECAwQFBgcICQoLL1Ore3pZlGk6g7jiRvebfxCsk6hvjXbSC6o="
        #expect(try box.open(sealed, for: "channel/7/token") == "token-1234")
    }

    @Test func sealedTextCannotBeMovedOrAltered() {
        let sealed = box.seal("token", for: "channel/7/token")
        #expect(fault(sealed, for: "channel/8/token") == .wrongKeyOrAltered)
        let secret = Array("a secret key that is long enough".utf8)
        #expect(fault(sealed, SecretBox(secret: secret, purpose: "other")) == .wrongKeyOrAltered)
        #expect(fault(sealed, SecretBox(secret: secret, salt: "other", purpose: "channels")) == .wrongKeyOrAltered)
        #expect(fault(sealed, SecretBox(secret: secret + [0], purpose: "channels")) == .wrongKeyOrAltered)
        for index in sealed.indices.dropFirst(3) {
            var altered = sealed
            altered.replaceSubrange(index...index, with: sealed[index] == "A" ? "B" : "A")
            #expect(fault(altered) != nil, "\(index)")
        }
    }

    @Test(arguments: [
        "", "token", "v", "v1", "v1:", "v1:AAAA", "v1:not base64!", "v:AAAA", "vx:AAAA", "V1:AAAA", " v1:AAAA",
        "v1:" + String(repeating: "A", count: 36), "version:1",
    ])
    func plainTextIsReportedAsNotSealed(_ text: String) { #expect(fault(text) == .notSealed) }

    @Test(arguments: ["v2:AAAA", "v10:AAAA"]) func newerVersionIsReported(_ text: String) {
        #expect(fault(text) == .unknownVersion)
    }

    @Test func descriptionHidesTheKey() {
        let secret = [UInt8](repeating: 7, count: 32)
        var text = ""
        dump(SecretBox(secret: secret, purpose: "p"), to: &text)
        #expect("\(SecretBox(secret: secret, purpose: "p"))" == "SecretBox" && !text.contains("key"))
    }
}
