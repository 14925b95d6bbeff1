/// Names a typed value that middleware attaches to a request.
package protocol AttributeKey {
    associatedtype Value: Sendable
}

/// Values that middleware passes to handlers, by type of key.
package struct Attributes: Sendable {
    private var values: [ObjectIdentifier: any Sendable] = [:]

    package init() {}

    /// The value of a key; nil until set.
    package subscript<Key: AttributeKey>(_ key: Key.Type) -> Key.Value? {
        get { values[ObjectIdentifier(key)] as? Key.Value }
        set { values[ObjectIdentifier(key)] = newValue }
    }
}
