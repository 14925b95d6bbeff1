package import Base

/// A YAML value with the line that it begins on, from 1.
package indirect enum YAMLNode: Sendable, Equatable {
    /// A single value as text; `isPlain` when it stood without quotes.
    case scalar(String, isPlain: Bool, line: Int)
    case sequence([YAMLNode], line: Int)
    /// Members in order; keys are unique.
    case mapping([Member], line: Int)

    /// A key of a mapping with its value.
    package struct Member: Sendable, Equatable {
        package let key: String
        /// Of the key.
        package let line: Int
        package let value: YAMLNode
        package init(key: String, line: Int, value: YAMLNode) { (self.key, self.line, self.value) = (key, line, value) }
    }

    package var line: Int {
        switch self {
        case .scalar(_, _, let line), .sequence(_, let line), .mapping(_, let line): line
        }
    }

    /// Every value below a mapping by its dotted path; what is no single value has no text.
    ///
    /// A plain `~`, `null` or nothing is no value either. Empty when the node is no mapping.
    package var configurationEntries: [ConfigurationFileEntry] {
        guard case .mapping(let members, _) = self else { return [] }
        return members.flatMap { Self.entries($0, prefix: "") }
    }

    private static func entries(_ member: Member, prefix: String) -> [ConfigurationFileEntry] {
        let name = prefix + member.key
        switch member.value {
        case .scalar(let text, let isPlain, _):
            let isNull = isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
            return [ConfigurationFileEntry(name: name, text: isNull ? nil : text, line: member.line)]
        case .mapping(let members, _) where !members.isEmpty:
            return members.flatMap { entries($0, prefix: name + ".") }
        case .mapping, .sequence:
            return [ConfigurationFileEntry(name: name, text: nil, line: member.line)]
        }
    }
}
