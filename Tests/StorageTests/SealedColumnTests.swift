import Storage
import Testing

@Suite struct SealedColumnTests {
    /// Seals by writing the place in front, so that tests see what was asked for.
    private static let column = SealedColumn(
        SettingsSeal(seal: { "v1:\($1)|\($0)" }) { sealed, place throws(SettingsSeal.Fault) in
            guard sealed.hasPrefix("v1:\(place)|") else { throw SettingsSeal.Fault("not for \(place)") }
            return String(sealed.dropFirst("v1:\(place)|".count))
        },
        table: "monitors"
    )

    @Test func textIsSealedForItsRow() throws {
        let sealed = Self.column.seal("{}", id: 7)
        #expect(sealed == "v1:monitors/7|{}")
        #expect(try Self.column.open(sealed, id: 7) == "{}")
        #expect(throws: SettingsSeal.Fault.self) { try Self.column.open(sealed, id: 8) }
    }

    @Test(arguments: [#"{"token":"x"}"#, "[]"]) func textOfAnOlderVersionIsReadAsItIs(_ text: String) throws {
        #expect(Self.column.isPlain(text))
        #expect(try Self.column.open(text, id: 1) == text)
        #expect(!Self.column.isPlain(Self.column.seal(text, id: 1)))
    }
}
