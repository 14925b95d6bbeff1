/// The items of a query string, in order (`application/x-www-form-urlencoded`).
package struct Query: Sendable, Equatable {
    /// One `name=value`; a missing `=` means an empty value.
    package struct Item: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    package let items: [Item]

    /// Parses the part of a target after `?`, or a form body; nil and "" have no items, empty items are skipped.
    ///
    /// Throws `.queryInvalid` for a broken escape, a NUL, invalid UTF-8 or more than `limit` items.
    package init(_ text: String?, limit: Int = 256) throws(HTTPServerError) {
        var items: [Item] = []
        for part in (text ?? "").split(separator: "&") {
            guard items.count < limit else { throw .queryInvalid("more than \(limit) items") }
            let separator = part.firstIndex(of: "=") ?? part.endIndex
            guard let name = PercentDecoding.decode(part[..<separator], plusIsSpace: true) else {
                throw .queryInvalid("the name of item \(items.count + 1) has an invalid escape")
            }
            let raw = separator == part.endIndex ? "" : part[part.index(after: separator)...]
            guard let value = PercentDecoding.decode(raw, plusIsSpace: true) else {
                throw .queryInvalid("the value of item \(items.count + 1) has an invalid escape")
            }
            items.append(Item(name: name, value: value))
        }
        self.items = items
    }

    /// Reads whatever was sent and refuses nothing, for senders whose message counts more than its form.
    ///
    /// What cannot be decoded is replaced by U+FFFD, and items beyond `limit` are skipped.
    package init(lenient text: String?, limit: Int = 256) {
        items = (text ?? "").split(separator: "&").prefix(limit).map { part in
            let separator = part.firstIndex(of: "=") ?? part.endIndex
            let raw = separator == part.endIndex ? "" : part[part.index(after: separator)...]
            return Item(
                name: PercentDecoding.decodeLeniently(part[..<separator], plusIsSpace: true),
                value: PercentDecoding.decodeLeniently(raw, plusIsSpace: true)
            )
        }
    }

    /// The value of the first item with that name.
    package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// The values of all items with that name, in order.
    package func values(of name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}
