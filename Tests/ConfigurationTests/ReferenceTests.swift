import Base
import Domain
import Testing
import sentinel

/// `docs/reference` is what the tables of settings say.
@Suite struct ReferenceTests {
    @Test(arguments: Reference.pages.map(\.file)) func aPageIsAsItIsMade(file: String) throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let page = try #require(Reference.pages.first { $0.file == file })
        let written = String(
            decoding: try SmallFile.read("\(root)/docs/reference/\(file)", limit: 1 << 20) ?? [],
            as: UTF8.self
        )
        #expect(written == page.text, "write it anew: .build/debug/sentinel reference docs/reference")
    }

    @Test func everySettingOfACheckIsThereWithItsFlag() throws {
        let text = try #require(Reference.pages.first { $0.file == "checks.md" }).text
        for kind in Kinds.all.all {
            #expect(text.contains("## \(kind.name)\n"))
            for setting in kind.flags {
                #expect(text.contains("`--\(setting.flag.name)"), "\(kind.name) \(setting.name)")
            }
        }
    }
}
