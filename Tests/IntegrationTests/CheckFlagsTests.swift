import Arguments
import Base
import Domain
import HTTPCheck
import TestSupport
import Testing
import sentinel

@Suite("Flags of checks") struct CheckFlagsTests {
    @Test("every setting of every kind except the target has a flag") func oneFlagASetting() {
        let specs = CheckFlags(CheckKinds([HTTPKind.self, KnockKind.self])).specs
        let names = Set(specs.map(\.name))
        for field in KnockKind.fields where !field.isRequired {
            #expect(names.contains(field.flag.name), "\(field.name)")
            #expect(specs.contains { $0.name == field.flag.name && !$0.help.isEmpty })
        }
        #expect(names.contains("no-is-loud"))
        #expect(names.count == specs.count)
    }

    @Test("a shared flag takes a value in all kinds or in none") func sharedFlags() {
        var isSwitch: [String: Bool] = [:]
        for kind in Kinds.all.all {
            for declaration in kind.flags {
                let known = isSwitch.updateValue(declaration.flag.isSwitch, forKey: declaration.flag.name)
                #expect(known == nil || known == declaration.flag.isSwitch, "\(declaration.name)")
            }
        }
    }

    @Test("no flag of a kind collides with those of the commands") func reservedFlags() {
        let reserved: Set<String> = ["server", "json", "output", "interval", "tag", "paused", "kind", "help", "name"]
        for kind in Kinds.all.all {
            for name in kind.flags.map(\.flag.name) + kind.shorthands.map(\.name) {
                #expect(!reserved.contains(name), "\(kind.name): --\(name)")
            }
        }
    }

    @Test("every kind declares its summary, phases and reasons") func declarations() {
        let kinds = Kinds.all.all
        #expect(Set(kinds.map { $0.name }).count == kinds.count)
        for kind in kinds {
            #expect(!kind.summary.isEmpty && !kind.phases.isEmpty && !kind.reasons.isEmpty, "\(kind.name)")
            #expect(Set(kind.members.map { $0.name }).count == kind.members.count, "\(kind.name)")
            let members = kind.members
            #expect(members.allSatisfy { !$0.description.isEmpty }, "\(kind.name)")
            let hasTarget = members.contains { $0.isRequired }
            #expect(kind.isActive == hasTarget, "\(kind.name): a target is for asking")
        }
    }
}

@Suite("Settings of monitors and of kinds") struct MonitorSettingNamesTests {
    @Test("no setting of a kind has the name of a setting that every monitor has") func names() {
        let own = Set(MonitorDraft.fields.fields.map(\.name) + ["id", "kind", "target", "status", "warnings"])
        for kind in Kinds.all.all {
            #expect(kind.members.allSatisfy { !own.contains($0.name) }, "\(kind.name)")
        }
    }
}
