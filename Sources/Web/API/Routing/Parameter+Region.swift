import Base
import Domain

extension Parameter where Value == RegionName? {
    /// The name of a region in the query.
    static func region(_ name: String, _ description: String) -> Parameter<RegionName?> {
        .optional(
            name,
            .string(length: 1...50, pattern: "^[a-z0-9_-]+$", example: "local"),
            description
        ) { text throws(Schema.TextError) in
            guard let region = RegionName(rawValue: text) else {
                throw Schema.TextError("A region's name is made of lower-case letters, digits, - and _")
            }
            return region
        }
    }
}
