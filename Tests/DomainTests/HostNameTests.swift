import Base
import Domain
import Glibc
import Testing

@Suite struct HostNameTests {
    @Test(arguments: [
        "127.0.0.1", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.", "",
        "a.b.c.d",
        "1.2.3.4 ", "+1.2.3.4", "1..2.3",
    ])
    func ipv4AddressesAreRecognized(text: String) {
        #expect(HostName.isIPv4(text) == system(text, AF_INET))
    }

    @Test(arguments: [
        "::", "::1", "1::", "2001:db8::a", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::",
        ":1",
        "1:", "::ffff:1.2.3.4", "1.2.3.4::", "::1.2.3.4:1", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "12345::",
        "g::", "fe80::1%eth0", "", ":", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "::256.1.1.1",
    ])
    func ipv6AddressesAreRecognized(text: String) {
        #expect(HostName.isIPv6(text) == system(text, AF_INET6))
    }

    @Test func randomTextsAreParsedLikeTheSystemDoes() {
        var generator = SeededGenerator(seed: 7)
        let pieces = ["::", ":", "1", "ffff", "0", ".", "255", "1.2.3.4", "g", "00", "12345"]
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...12, using: &generator)
            let text = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
            #expect(HostName.isIPv4(text) == system(text, AF_INET), "\(text)")
            #expect(HostName.isIPv6(text) == system(text, AF_INET6), "\(text)")
        }
    }

    private func system(_ text: String, _ family: Int32) -> Bool {
        var address: (UInt64, UInt64) = (0, 0)
        return inet_pton(family, text, &address) == 1
    }
}
