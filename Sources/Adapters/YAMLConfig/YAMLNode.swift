package import Base

/// Where something stands in a YAML text, from 1.
package struct YAMLPlace: Sendable, Equatable {
    package let line: Int
    package let column: Int
    package init(line: Int, column: Int) { (self.line, self.column) = (line, column) }
}

/// A YAML value with the place that it begins at.
package indirect enum YAMLNode: Sendable, Equatable {
    /// A single value as text; `isPlain` when it stood without quotes.
    case scalar(String, isPlain: Bool, at: YAMLPlace)
    case sequence([YAMLNode], at: YAMLPlace)
    /// Members in order; keys are unique.
    case mapping([Member], at: YAMLPlace)

    /// A key of a mapping with its value.
    package struct Member: Sendable, Equatable {
        package let key: String
        /// Of the key.
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
            return [ConfigurationFileEntry(name: name, text: isNull ? nil : text, line: member.place.line)]
        case .mapping(let members, _) where !members.isEmpty:
            return members.flatMap { entries($0, prefix: name + ".") }
        case .mapping, .sequence:
            return [ConfigurationFileEntry(name: name, text: nil, line: member.place.line)]
        }
    }
}
