import Arguments
import Domain
import HTTPCheck
import TestSupport
import Testing
import sentinel

@Suite("Flags of checks") struct CheckFlagsTests {
    @Test("every setting of every kind has a flag, but for the target") func oneFlagASetting() {
        let specs = CheckFlags(CheckKinds([HTTPKind.self, KnockKind.self])).specs
        let names = Set(specs.map(\.name))
        for field in KnockKind.fields where !field.isRequired {
            #expect(names.contains(field.flag.name), "\(field.name)")
            #expect(specs.contains { $0.name == field.flag.name && !$0.help.isEmpty })
        }
        #expect(names.contains("no-is-loud"))
        #expect(names.count == specs.count)
    }

    @Test("a flag that kinds share takes a value in all of them, or in none") func sharedFlags() {
        let kinds: [any CheckKind.Type] = [HTTPKind.self, KnockKind.self]
        var isSwitch: [String: Bool] = [:]
        for kind in kinds {
            for declaration in kind.flags {
                let known = isSwitch.updateValue(declaration.flag.isSwitch, forKey: declaration.flag.name)
                #expect(known == nil || known == declaration.flag.isSwitch, "\(declaration.name)")
            }
        }
    }
}
