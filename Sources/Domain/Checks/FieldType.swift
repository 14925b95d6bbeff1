package import Base

/// How the values of a setting are written and read, the same wherever the setting stands: the API, the store, a
/// message, a configuration file, the command line.
package struct FieldType<Value: Sendable & Equatable>: Sendable {
    /// What a JSON value of the type must look like.
    package var schema: Schema
    package var write: @Sendable (Value) -> JSONValue
    /// Nil for a value that the schema refuses, or that fits no value of the type.
    package var read: @Sendable (JSONValue) -> Value?
    /// The JSON value of a text on a command line; nil when the text is none of the type.
    package var parse: @Sendable (String) -> JSONValue?
    /// The word for a value in a usage text.
    package var placeholder: String
    /// Whether a flag may be given several times, each time for one element of the list or one member of the object.
    package var isRepeated = false
    /// Whether values name files on the server: only an operator says which may be named.
    package var namesServerFile = false
    /// What is secret in a value; nil when nothing ever is.
    package var secrets: Secrets?

    /// The secret parts of values: written by people, never shown to them again.
    package struct Secrets: Sendable {
        /// Whether a value holds a secret.
        package var isHeld: @Sendable (Value) -> Bool
        /// The value with `SecretMask.text` in place of each secret.
        package var mask: @Sendable (Value) -> JSONValue
        /// Takes secrets that were sent back masked from the stored value; throws `FieldFault` when there is none.
        package var restore: @Sendable (_ sent: Value, _ stored: Value?) throws(FieldFault) -> Value

        /// Finds, masks and restores secrets by these functions.
        ///
        /// `restore` throws `FieldFault` for a masked secret when none is stored.
        package init(
            isHeld: @escaping @Sendable (Value) -> Bool,
            mask: @escaping @Sendable (Value) -> JSONValue,
            restore: @escaping @Sendable (_ sent: Value, _ stored: Value?) throws(FieldFault) -> Value
        ) {
            self.isHeld = isHeld
            self.mask = mask
            self.restore = restore
        }
    }

    package init(
        schema: Schema,
        placeholder: String,
        write: @escaping @Sendable (Value) -> JSONValue,
        read: @escaping @Sendable (JSONValue) -> Value?,
        parse: @escaping @Sendable (String) -> JSONValue? = { .string($0) }
    ) {
        self.schema = schema
        self.placeholder = placeholder
        self.write = write
        self.read = read
        self.parse = parse
    }
}

/// What is wrong with the value of a setting, in words that stand after the setting's name.
package struct FieldFault: Error, Sendable, Equatable {
    package let reason: String
    /// The member or element inside of the value that is wrong; empty for the value as a whole.
    package let path: [ValidationIssue.Step]

    package init(_ reason: String, at path: [ValidationIssue.Step] = []) {
        self.reason = reason
        self.path = path
    }
}

/// What is answered instead of a secret; a client that sends it back keeps what is stored.
package enum SecretMask {
    package static let text = "********"
    /// Why a mask cannot stand for a value.
    package static let nothingStored = FieldFault("\(text) keeps a stored value, and there is none")
}
