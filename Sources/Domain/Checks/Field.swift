package import Base

/// One setting of a `Root`: its name, its place, its type, its default, and what people are told of it.
///
/// The only place where a setting is declared. Everything else reads this table: the API's schema, reader and answer,
/// the codec of the store and of messages, masking, flags, the reference page.
package struct Field<Root: Sendable>: Sendable {
    package let name: String
    /// One sentence for people, in the API's description, in help and in the reference.
    package let about: String
    /// What people may give.
    package let schema: Schema
    /// What the server answers.
    package let answer: Schema
    /// Whether there is no default: people must give it.
    package let isRequired: Bool
    /// Whether answers have it; else it is only another way to give others.
    package let isShown: Bool
    /// The setting that this is a second name of; nil for one of its own.
    package let twin: String?
    /// What holds when people say nothing; nil where that depends.
    package let standard: JSONValue?
    /// How it is given on a command line.
    package let flag: FieldFlag
    /// Where it stands in the store and in messages.
    package let storage: FieldStorage
    /// Whether its values may hold secrets.
    package var mayBeSecret: Bool
    /// Whether its values name files on the server.
    package let serverFile: ServerFile?
    package let isStandard: @Sendable (Root) -> Bool
    /// With secrets in clear, for the store and for messages.
    package let write: @Sendable (Root) -> JSONValue
    /// With secrets masked, for people.
    package var mask: @Sendable (Root) -> JSONValue
    package let holdsSecret: @Sendable (Root) -> Bool
    /// Sets a value that the schema let pass; a secret that was sent back masked is taken from `stored`.
    package let set: @Sendable (_ value: JSONValue, _ root: inout Root, _ stored: Root?) throws(FieldValueError) -> Void
    /// Sets a value that `write` made, in this release or another one.
    package let restore: @Sendable (_ value: JSONValue, _ root: inout Root) throws(FieldValueError) -> Void

    /// A setting with a default.
    package init<Value>(
        _ name: String,
        _ path: any WritableKeyPath<Root, Value> & Sendable,
        _ type: FieldType<Value>,
        default standard: Value,
        isRequired: Bool = false,
        flag: String? = nil,
        short: Character? = nil,
        storage: FieldStorage = .member,
        _ about: String
    ) {
        let isStandard: @Sendable (Root) -> Bool = { $0[keyPath: path] == standard }
        let places = (FieldFlag(name: flag ?? name, short: short, type), storage)
        self.init(name, path, type, type.write(standard), isRequired, false, places, isStandard, about)
    }

    /// A setting whose default depends on others or on the time: what stands in a new `Root` holds.
    ///
    /// With `nullLeaves`, null says the same as nothing.
    package init<Value>(
        _ name: String,
        _ path: any WritableKeyPath<Root, Value> & Sendable,
        _ type: FieldType<Value>,
        nullLeaves: Bool = false,
        isRequired: Bool = false,
        flag: String? = nil,
        storage: FieldStorage = .member,
        _ about: String
    ) {
        let places = (FieldFlag(name: flag ?? name, short: nil, type), storage)
        self.init(name, path, type, nullLeaves ? .null : nil, isRequired, nullLeaves, places, { _ in false }, about)
    }

    private init<Value>(
        _ name: String,
        _ path: any WritableKeyPath<Root, Value> & Sendable,
        _ type: FieldType<Value>,
        _ standard: JSONValue?,
        _ isRequired: Bool,
        _ nullLeaves: Bool,
        _ places: (flag: FieldFlag, storage: FieldStorage),
        _ isStandard: @escaping @Sendable (Root) -> Bool,
        _ about: String
    ) {
        self.name = name
        self.about = about
        self.isRequired = isRequired
        self.standard = standard
        self.isStandard = isStandard
        flag = places.flag
        storage = places.storage
        isShown = true
        twin = nil
        schema = nullLeaves ? type.schema.nullable : type.schema
        answer = type.answer ?? type.schema
        mayBeSecret = type.secrets != nil
        serverFile = type.serverFile
        let secrets = type.secrets
        let stored = type.stored
        write = { (stored?.write ?? type.write)($0[keyPath: path]) }
        mask = { root in secrets?.mask(root[keyPath: path]) ?? type.write(root[keyPath: path]) }
        holdsSecret = { root in secrets?.isHeld(root[keyPath: path]) ?? false }
        set = { (value, root: inout Root, stored) throws(FieldValueError) in
            if nullLeaves, value == .null { return }
            guard var read = type.read(value) else { throw type.fault?(value) ?? .misfit }
            if let secrets { read = try secrets.restore(read, stored?[keyPath: path]) }
            root[keyPath: path] = read
        }
        restore = { (value, root: inout Root) throws(FieldValueError) in root[keyPath: path] = try type.restored(value)
        }
    }

    /// Another way to give what other settings hold; it is neither answered nor stored.
    ///
    /// Stands behind the settings that `set` reads: they have been taken over then.
    package init<Value>(
        _ name: String,
        _ type: FieldType<Value>,
        flag: String? = nil,
        _ about: String,
        set: @escaping @Sendable (Value, inout Root) -> Void
    ) {
        self.name = name
        self.about = about
        schema = type.schema
        answer = type.schema
        isRequired = false
        isShown = false
        twin = nil
        standard = nil
        storage = .nowhere
        self.flag = FieldFlag(name: flag ?? name, short: nil, type)
        mayBeSecret = false
        serverFile = nil
        isStandard = { _ in true }
        write = { _ in .null }
        mask = { _ in .null }
        holdsSecret = { _ in false }
        self.set = { (value, root: inout Root, _) throws(FieldValueError) in
            guard let read = type.read(value) else { throw .misfit }
            set(read, &root)
        }
        restore = { (_, _: inout Root) throws(FieldValueError) in throw FieldValueError("is not stored") }
    }

    /// The member of the API's schema.
    package var member: Schema.Field {
        isRequired ? .required(name, schema, about) : .optional(name, schema, default: standard, about)
    }
}

/// Where a setting stands in a stored object.
package enum FieldStorage: Sendable, Equatable {
    /// Under the setting's name, when it differs from the default.
    case member
    /// The same under another name.
    case named(String)
    /// Under another name whatever its value, null left out: the first releases wrote it so and demand it.
    case always(String)
    /// Nowhere in it: a column of its own, or what holds it in another form.
    case nowhere
}

extension FieldType {
    /// The value of what was stored; throws `FieldValueError` for what no release wrote.
    fileprivate func restored(_ value: JSONValue) throws(FieldValueError) -> Value {
        if let stored {
            guard let read = stored.read(value) else { throw .misfit }
            return read
        }
        var issues: [ValidationIssue] = []
        guard let value = schema.read(value, at: [], into: &issues) else {
            throw FieldValueError("cannot be read: \(issues.first?.message ?? "it does not fit")")
        }
        guard let read = read(value) else { throw .misfit }
        return read
    }
}

/// Which setting is wrong, and why; the same words in an API answer, on a terminal and for a stored row.
package struct FieldError: Error, Sendable, Equatable {
    package let field: String
    package let fault: FieldValueError
    package init(field: String, _ fault: FieldValueError) {
        self.field = field
        self.fault = fault
    }
    package init(field: String, reason: String) { self.init(field: field, FieldValueError(reason)) }
}

extension FieldError: CustomStringConvertible {
    package var description: String { "\(field) \(fault.reason)" }
}
