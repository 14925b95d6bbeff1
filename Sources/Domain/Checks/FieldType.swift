package import Base

/// How the values of a setting are written and read, the same in the API, the store, messages, configuration files and
/// on the command line.
package struct FieldType<Value: Sendable & Equatable>: Sendable {
    /// The JSON schema of a value.
    package var schema: Schema
    /// What the server answers, where that is not all that people may give.
    package var answer: Schema?
    package var write: @Sendable (Value) -> JSONValue
    /// nil for a value that the schema refuses or that does not fit the type.
    package var read: @Sendable (JSONValue) -> Value?
    /// Why a value that the schema let pass is refused; nil where the schema says all there is to say.
    package var fault: (@Sendable (JSONValue) -> FieldValueError?)?
    /// The JSON value of a command-line text; nil when the text is not a value of the type.
    package var parse: @Sendable (String) -> JSONValue?
    /// The placeholder for a value in a usage text.
    package var placeholder: String
    /// Whether a flag may be repeated, once for each element of the list or member of the object.
    package var isRepeated = false
    /// Whether values are paths of files on the server: only the operator decides which are allowed.
    package var serverFile: ServerFile?
    /// How secrets in a value are handled; nil when it never holds any.
    package var secrets: Secrets?
    /// How values stand in the store, where that is not how people give them.
    package var stored: Stored?

    /// Another form of the values, for the store alone.
    package struct Stored: Sendable {
        package var write: @Sendable (Value) -> JSONValue
        /// Nil for what no release wrote.
        package var read: @Sendable (JSONValue) -> Value?

        package init(
            write: @escaping @Sendable (Value) -> JSONValue,
            read: @escaping @Sendable (JSONValue) -> Value?
        ) {
            self.write = write
            self.read = read
        }
    }

    /// The secret parts of values: people write them, but they are never shown again.
    package struct Secrets: Sendable {
        /// Whether a value contains a secret.
        package var isHeld: @Sendable (Value) -> Bool
        /// The value with `SecretMask.text` in place of each secret.
        package var mask: @Sendable (Value) -> JSONValue
        /// Restores masked secrets from the stored value; throws `FieldValueError` when there is none.
        package var restore: @Sendable (_ sent: Value, _ stored: Value?) throws(FieldValueError) -> Value

        /// Finds, masks and restores secrets with these functions.
        ///
        /// `restore` throws `FieldValueError` for a masked secret when none is stored.
        package init(
            isHeld: @escaping @Sendable (Value) -> Bool,
            mask: @escaping @Sendable (Value) -> JSONValue,
            restore: @escaping @Sendable (_ sent: Value, _ stored: Value?) throws(FieldValueError) -> Value
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

/// What is wrong with the value of a setting, in words that follow the setting's name.
package struct FieldValueError: Error, Sendable, Equatable {
    package let reason: String
    /// The invalid member or element inside the value; empty for the value as a whole.
    package let path: [ValidationIssue.Step]

    package init(_ reason: String, at path: [ValidationIssue.Step] = []) {
        self.reason = reason
        self.path = path
    }

    static let misfit = FieldValueError("has a value that does not fit")
}

/// The text returned in place of a secret; a client that sends it back keeps the stored value.
package enum SecretMask {
    package static let text = "********"
    /// The error for a mask without a stored value.
    package static let nothingStored = FieldValueError("\(text) keeps a stored value, and there is none")
}
