import Base
import Domain

/// The rules for texts of a monitor that this server's operator has a say in.
enum TextRules {
    /// Files of the server may be named only below one directory, which its operator chose.
    static func file(under directory: String?) -> Schema.TextRule {
        { text in
            guard let directory else {
                return .init("Files of the server cannot be named here: no directory is configured for them")
            }
            let root = directory.hasSuffix("/") ? directory : directory + "/"
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            guard text.hasPrefix(root), text.utf8.count <= 1024, PlainText.isClean(text), !parts.contains(".."),
                parts.allSatisfy({ !$0.isEmpty && $0 != "." })
            else { return .init("The file must lie in \(root)") }
            return nil
        }
    }
}
