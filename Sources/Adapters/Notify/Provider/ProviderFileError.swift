package import YAMLConfig

/// What is wrong with a provider file, and where.
package struct ProviderFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name, or what stands for it.
    package let file: String
    /// From 1; nil when the file as a whole is meant.
    package let place: YAMLPlace?
    package let reason: String

    package init(file: String, place: YAMLPlace?, _ reason: String) {
        (self.file, self.place, self.reason) = (file, place, reason)
    }

    package var description: String {
        place.map { "\(file):\($0.line):\($0.column): \(reason)" } ?? "\(file): \(reason)"
    }
}

/// An error before the file's name is known.
struct PlacedError: Error {
    let place: YAMLPlace
    let reason: String

    init(_ place: YAMLPlace, _ reason: String) { (self.place, self.reason) = (place, reason) }

    /// Where the text of a template begins in the file depends on how it is quoted, so both places are told.
    init(_ place: YAMLPlace, _ error: TemplateError) {
        self.init(place, "in the template, \(error)")
    }
}
