import Base
import Testing
import YAMLConfig
import sentinel

@Suite("Texts written as YAML") struct YAMLTextTests {
    private static let scalars: [UInt32] =
        Array(0x01...0xA1) + [0xAD, 0x0378, 0x200B, 0x2028, 0x2029, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF]
        + [0x10000, 0x1F600, 0x10FFFF]

    @Test("a YAML reader gives the same text back, whatever characters it has", arguments: scalars)
    func everyScalar(_ value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let text = "a\(scalar) b\(scalar)"
        let yaml = YAMLText.text(["member": .string(text), "list": [.string(text)]])
        let node = try YAMLNode.read(Array(yaml.utf8))
        guard case .mapping(let members, _)? = node, members.count == 2,
            case .scalar(let member, _, _) = members[0].value, case .sequence(let items, _) = members[1].value,
            case .scalar(let item, _, _)? = items.first
        else {
            Issue.record("\(yaml)")
            return
        }
        #expect(Array(member.unicodeScalars) == Array(text.unicodeScalars))
        #expect(Array(item.unicodeScalars) == Array(text.unicodeScalars))
    }
}
