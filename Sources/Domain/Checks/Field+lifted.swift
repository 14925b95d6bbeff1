import Base

extension Field {
    /// The same setting of a whole that holds the `Root` as a part.
    package func lifted<Whole>(to path: any WritableKeyPath<Whole, Root> & Sendable) -> Field<Whole> {
        Field<Whole>(self, at: path)
    }

    /// A second name of another setting, which stands before it: answered, but neither stored nor a flag.
    ///
    /// Both may be given when they agree. A client that sends an answer back with one of them changed means the change.
    package init<Value>(
        _ name: String,
        sameAs twin: String,
        _ path: any WritableKeyPath<Root, Value> & Sendable,
        _ type: FieldType<Value>
    ) {
        self.name = name
        self.twin = twin
        about = "The same as \(twin)."
        schema = type.schema
        answer = type.answer ?? type.schema
        isRequired = false
        isShown = true
        standard = nil
        flag = FieldFlag(name: name, short: nil, type)
        storage = .nowhere
        mayBeSecret = false
        serverFile = nil
        isStandard = { _ in false }
        write = { type.write($0[keyPath: path]) }
        mask = { type.write($0[keyPath: path]) }
        holdsSecret = { _ in false }
        set = { (value, root: inout Root, _) throws(FieldValueError) in
            guard let read = type.read(value) else { throw type.fault?(value) ?? .misfit }
            root[keyPath: path] = read
        }
        restore = { (_, _: inout Root) throws(FieldValueError) in throw FieldValueError("is not stored") }
    }

    fileprivate init<Part>(_ field: Field<Part>, at path: any WritableKeyPath<Root, Part> & Sendable) {
        name = field.name
        twin = field.twin
        about = field.about
        schema = field.schema
        answer = field.answer
        isRequired = field.isRequired
        isShown = field.isShown
        standard = field.standard
        flag = field.flag
        storage = field.storage
        mayBeSecret = field.mayBeSecret
        serverFile = field.serverFile
        isStandard = { field.isStandard($0[keyPath: path]) }
        write = { field.write($0[keyPath: path]) }
        mask = { field.mask($0[keyPath: path]) }
        holdsSecret = { field.holdsSecret($0[keyPath: path]) }
        set = { (value, root: inout Root, stored) throws(FieldValueError) in
            try field.set(value, &root[keyPath: path], stored?[keyPath: path])
        }
        restore = { (value, root: inout Root) throws(FieldValueError) in
            try field.restore(value, &root[keyPath: path])
        }
    }
}

extension FieldTable {
    /// The settings of this table as those of a whole that holds the `Root` as a part.
    package func lifted<Whole>(to path: any WritableKeyPath<Whole, Root> & Sendable) -> [Field<Whole>] {
        fields.map { $0.lifted(to: path) }
    }

    /// The flags of a command line for the settings that have one.
    package var flags: [FlagDeclaration] {
        fields.filter { $0.twin == nil }.map { FlagDeclaration($0) }
    }
}
