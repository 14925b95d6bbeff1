package import Base

/// The settings of a `Root`, each declared once, in the order in which people read them.
package struct FieldTable<Root: Sendable>: Sendable, ExpressibleByArrayLiteral {
    package let fields: [Field<Root>]

    package init(_ fields: [Field<Root>]) { self.fields = fields }
    package init(arrayLiteral fields: Field<Root>...) { self.fields = fields }
}

// MARK: What people send and see

extension FieldTable {
    /// The members of a body.
    package var members: [Schema.Field] { fields.map(\.member) }

    /// The members of an answer.
    package var answers: [Schema.Field] {
        fields.filter(\.isShown).map { .required($0.name, $0.answer, $0.about) }
    }

    /// Every setting for people, secrets masked.
    package func shown(_ root: Root) -> [(key: String, value: JSONValue)] {
        fields.filter(\.isShown).map { ($0.name, $0.mask(root)) }
    }

    /// Takes over the members of a body that a schema of `members` let pass; what it leaves out stays.
    ///
    /// Secrets that were sent back masked come from `stored`; every fault is appended to `errors`.
    package func apply(_ body: JSONValue, to root: inout Root, stored: Root?, _ errors: inout [FieldError]) {
        for field in fields {
            guard let value = body[field.name] else { continue }
            do throws(FieldValueError) {
                if try field.yields(value, in: body, to: stored) { continue }
                try field.set(value, &root, stored)
            } catch {
                errors.append(FieldError(field: field.name, error))
            }
        }
    }
}

extension Field {
    /// Whether the setting's other name holds the change: a client sent an answer back with only one of them changed.
    ///
    /// Throws `FieldValueError` when both are changed and differ.
    fileprivate func yields(_ value: JSONValue, in body: JSONValue, to stored: Root?) throws(FieldValueError) -> Bool {
        guard let twin, let other = body[twin], other != value else { return false }
        let old = stored.map(mask)
        if value == old { return true }
        guard other == old else { throw FieldValueError("\(name) differs from \(twin), which means the same") }
        return false
    }
}

// MARK: What the store and messages hold

extension FieldTable {
    /// The stored members, secrets in clear, in the order of the table.
    package func object(_ root: Root) -> JSONObject {
        JSONObject(
            fields.compactMap { field in
                switch field.storage {
                case .member: return field.isStandard(root) ? nil : (key: field.name, value: field.write(root))
                case .named(let name): return field.isStandard(root) ? nil : (key: name, value: field.write(root))
                case .always(let name):
                    let value = field.write(root)
                    return value == .null ? nil : (key: name, value: value)
                case .nowhere: return nil
                }
            }
        )
    }

    /// A member that `object` always writes and that is not there, unless its absence means null; nil when all are.
    package func missing(in object: JSONObject) -> String? {
        for field in fields {
            if case .always(let name) = field.storage, !field.schema.isNullable, object[name] == nil { return name }
        }
        return nil
    }

    /// Takes over an object that `object` wrote, in this release or another; what it leaves out stays.
    ///
    /// Returns the members that this release does not know; nil when it knows them all. Throws `FieldError` for a value
    /// that is out of its bounds or of another type.
    package func read(_ object: JSONObject, into root: inout Root) throws(FieldError) -> UnknownMembers? {
        var unknown = JSONObject()
        for (name, value) in object.members {
            guard let field = fields.first(where: { $0.storedName == name }) else {
                unknown[name] = value
                continue
            }
            do throws(FieldValueError) { try field.restore(value, &root) } catch {
                throw FieldError(field: name, error)
            }
        }
        return unknown.members.isEmpty ? nil : UnknownMembers(unknown)
    }
}

extension Field {
    /// The member of a stored object; nil where there is none.
    fileprivate var storedName: String? {
        switch storage {
        case .member: name
        case .named(let name), .always(let name): name
        case .nowhere: nil
        }
    }
}

extension JSONObject {
    /// The same with members of a newer release behind the others.
    package func keeping(_ unknown: UnknownMembers?) -> JSONObject {
        var object = self
        for (name, value) in unknown?.members.members ?? [] where object[name] == nil { object[name] = value }
        return object
    }
}
