import Base
import Testing
import sentinel

@Suite struct CanarySettingTests {
    @Test(
        arguments: [
            ("", ""), ("1.1.1.1:443", "1.1.1.1:443"), (" a.test:53 , [::1]:80", "a.test:53,[::1]:80"), ("a.test", nil),
            ("a.test:0", nil), ("a.test:70000", nil), ("http://a.test:80", nil), ("a.test:80/x", nil),
            ("u@a.test:80", nil), (":80", nil), (String(repeating: "a.test:80,", count: 11), nil),
        ] as [(String, String?)]
    )
    func canariesAreHostAndPort(_ text: String, _ normalized: String?) {
        #expect(SettingKeys.specs("alerting.canaries").first?.normalized(text) == normalized)
    }
}
