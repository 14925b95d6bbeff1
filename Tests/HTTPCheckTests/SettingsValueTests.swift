import HTTPCheck
import Testing

@Suite struct StatusSetTests {
    @Test(arguments: [
        ("200", "200"), ("200-299,301", "200-299,301"), ("301, 200-299", "200-299,301"),
        ("200-250,240-299,300", "200-300"),
        ("100-599", "100-599"),
    ])
    func statusSetsAreParsedAndMerged(_ text: String, _ canonical: String) {
        #expect(StatusSet(text: text)?.description == canonical)
    }

    @Test(arguments: [
        "", ",", "200,", "99", "600", "20", "abc", "200-", "-200", "300-200", "200--201", "200-201-202", "２００", "+200",
    ])
    func invalidStatusSetsAreRefused(_ text: String) { #expect(StatusSet(text: text) == nil) }

    @Test func defaultIs200To399() {
        #expect((0...999).filter(StatusSet.standard.contains) == Array(200...399))
    }
}

@Suite struct TargetTests {
    @Test(arguments: [
        ("http://a:1/x", "http://a:1/y?z", true), ("http://a:1", "http://a:1/", true),
        ("http://a:1/", "http://a:2/", false),
        ("http://a/", "https://a/", false), ("http://a?x", "http://a/", true),
    ])
    func targetKeysAreOrigins(_ left: String, _ right: String, _ same: Bool) {
        #expect((HTTPSettings(url: left).targetKey == HTTPSettings(url: right).targetKey) == same)
    }

    @Test func overridesRoundTrip() {
        for text in ["example.com:443:127.0.0.1", "a:80:[::1]"] {
            #expect(HTTPSettings.ResolveOverride(text: text)?.text == text)
        }
        for text in ["", "a", "a:b:c", "a:0:1.2.3.4", "a:70000:x", ":80:1.1.1.1", "a:80:"] {
            #expect(HTTPSettings.ResolveOverride(text: text) == nil, "\(text)")
        }
    }
}
