import Base
import Crypto
import Testing

/// The test vectors of the standards.
@Suite struct VectorTests {
    private func bytes(_ hex: String) throws -> [UInt8] { try #require([UInt8](hex: hex)) }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256MatchesItsVectors(_ text: String, _ digest: String) {
        #expect(SHA256.digest(Array(text.utf8)).hex == digest)
    }

    /// RFC 4231 §4, cases 1 to 4, 6 and 7.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            String(repeating: "aa", count: 131),
            """
            5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e6420\
            61206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173\
            686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e
            """,
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func hmacMatchesItsVectors(_ key: String, _ data: String, _ code: String) throws {
        #expect(HMAC.sha256(key: try bytes(key), data: try bytes(data)).hex == code)
    }

    @Test func hmacTakesAnEmptyKeyAndText() {
        let code = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(HMAC.sha256(key: [], data: []).hex == code)
    }

    /// RFC 5869 appendix A, cases 1 to 3.
    @Test func hkdfMatchesItsVectors() throws {
        let secret = [UInt8](repeating: 0x0b, count: 22)
        let first = HKDF.sha256(
            secret: secret,
            salt: Array(0x00...0x0c),
            info: Array(0xf0...0xf9),
            count: 42
        )
        #expect(
            first.hex == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        )
        let second = HKDF.sha256(
            secret: Array(0x00...0x4f),
            salt: Array(0x60...0xaf),
            info: Array(0xb0...0xff),
            count: 82
        )
        #expect(
            second.hex == """
                b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
                da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87
                """
        )
        let third = HKDF.sha256(secret: secret, salt: [], info: [], count: 42)
        #expect(
            third.hex == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        )
    }

    /// McGrew and Viega's cases 13 to 16, which NIST took over, with 256-bit keys and 96-bit nonces.
    @Test(arguments: [
        ("", "", String(repeating: "0", count: 64), "000000000000000000000000", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (
            "00000000000000000000000000000000", "", String(repeating: "0", count: 64), "000000000000000000000000",
            "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
            """
            d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5\
            aa0de657ba637b391aafd255
            """, "", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            """
            522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e63\
            93ba7a0abcc9f662898015ad
            """, "b094dac5d93471bdec1a502270e3cc6c"
        ),
        (
            """
            d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5\
            aa0de657ba637b39
            """, "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            """
            522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e63\
            93ba7a0abcc9f662
            """, "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ])
    func aesGCMMatchesItsVectors(
        _ plain: String,
        _ associated: String,
        _ key: String,
        _ nonce: String,
        _ cipher: String,
        _ tag: String
    )
        throws
    {
        let (key, nonce, associated) = (try bytes(key), try bytes(nonce), try bytes(associated))
        let sealed = AESGCM.seal(try bytes(plain), key: key, nonce: nonce, associated: associated)
        #expect(sealed.hex == cipher + tag)
        #expect(AESGCM.open(sealed, key: key, nonce: nonce, associated: associated) == (try bytes(plain)))
        #expect(AESGCM.open(sealed, key: key, nonce: nonce, associated: associated + [0]) == nil)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(AESGCM.open(altered, key: key, nonce: nonce, associated: associated) == nil)
        }
        #expect(AESGCM.open(Array(sealed.prefix(15)), key: key, nonce: nonce, associated: associated) == nil)
    }

    @Test func constantTimeEqualityComparesEveryByte() {
        #expect(ConstantTime.areEqual([], []) && ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]) && !ConstantTime.areEqual([1, 2], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([0], []))
    }

    @Test func randomBytesDiffer() {
        #expect(RandomBytes.make(0).isEmpty && RandomBytes.make(32).count == 32)
        #expect(Set((0..<100).map { _ in RandomBytes.make(16) }).count == 100)
    }
}
