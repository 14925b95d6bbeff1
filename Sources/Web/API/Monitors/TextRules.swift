import Base
import Domain

/// The rules for the texts of a monitor that all kinds have, as its schema applies them.
enum TextRules {
    static func name(_ text: String) -> Schema.TextFault? {
        if text.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
            return .init("Name cannot be empty or whitespace")
        }
        return isControlFree(text) ? nil : .init("Name cannot hold control characters")
    }

    static func tag(_ text: String) -> Schema.TextFault? {
        let isWord = text.lowercased().utf8.allSatisfy { byte in
            byte &- 97 < 26 || byte &- 48 < 10 || "_.:-".utf8.contains(byte)
        }
        return isWord ? nil : .init("A tag is made of letters, digits and _ . : -")
    }

    /// Files of the server may be named only below one directory, which its operator chose.
    static func file(under directory: String?) -> Schema.TextRule {
        { text in
            guard let directory else {
                return .init("Files of the server cannot be named here: no directory is configured for them")
            }
            let root = directory.hasSuffix("/") ? directory : directory + "/"
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            guard text.hasPrefix(root), text.utf8.count <= 1024, isControlFree(text), !parts.contains(".."),
                parts.allSatisfy({ !$0.isEmpty && $0 != "." })
            else { return .init("The file must lie in \(root)") }
            return nil
        }
    }

    private static func isControlFree(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
