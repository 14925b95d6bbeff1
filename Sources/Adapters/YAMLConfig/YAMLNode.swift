package import Base

/// A position in a YAML text, from 1.
package struct YAMLPlace: Sendable, Equatable {
    package let line: Int
    package let column: Int
    package init(line: Int, column: Int) { (self.line, self.column) = (line, column) }
}

/// A YAML value with its position.
package indirect enum YAMLNode: Sendable, Equatable {
    /// A scalar as text; `isPlain` when it was not quoted.
    case scalar(String, isPlain: Bool, at: YAMLPlace)
    case sequence([YAMLNode], at: YAMLPlace)
    /// Members in order; keys are unique.
    case mapping([Member], at: YAMLPlace)

    /// A key of a mapping with its value.
    package struct Member: Sendable, Equatable {
        package let key: String
        /// The position of the key.
        package let place: YAMLPlace
        package let value: YAMLNode
        package init(key: String, place: YAMLPlace, value: YAMLNode) {
            (self.key, self.place, self.value) = (key, place, value)
        }
    }

    package var place: YAMLPlace {
        switch self {
        case .scalar(_, _, let place), .sequence(_, let place), .mapping(_, let place): place
        }
    }

    /// Every value below a mapping by its dotted path; a value that is not a scalar has no text.
    ///
    /// A plain `~`, `null` or empty value has no text either. Empty when the node is not a mapping.
    package var configurationEntries: [ConfigurationFileEntry] {
        guard case .mapping(let members, _) = self else { return [] }
        return members.flatMap { Self.entries($0, prefix: "") }
    }

    private static func entries(_ member: Member, prefix: String) -> [ConfigurationFileEntry] {
        let name = prefix + member.key
        switch member.value {
        case .scalar(let text, let isPlain, _):
            let isNull = isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
            return [ConfigurationFileEntry(name: name, text: isNull ? nil : text, line: member.place.line)]
        case .mapping(let members, _) where !members.isEmpty:
            return members.flatMap { entries($0, prefix: name + ".") }
        case .mapping, .sequence:
            return [ConfigurationFileEntry(name: name, text: nil, line: member.place.line)]
        }
    }
}
