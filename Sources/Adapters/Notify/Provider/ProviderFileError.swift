package import YAMLConfig

/// An error in a provider file, and where.
package struct ProviderFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name, or a description when there is no file.
    package let file: String
    /// From 1; nil when the error concerns the whole file.
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

    /// How the template is quoted changes where its text begins in the file, so both positions are reported.
    init(_ place: YAMLPlace, _ error: TemplateError) {
        self.init(place, "in the template, \(error)")
    }
}
