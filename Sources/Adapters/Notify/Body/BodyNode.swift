import Base

/// The structure of a JSON body whose texts are templates; a value can never leave its place in it.
///
/// Members and elements that come out empty are left out, unless they are written down as empty.
indirect enum BodyNode: Sendable {
    case literal(JSONValue)
    /// `limit` in UTF-16 units; nil for none of its own.
    case text(Template, limit: Int?)
    /// The template of a channel's setting.
    case setting(String, limit: Int?)
    /// The structure of a channel's setting.
    case body(String)
    /// A template that renders a whole number.
    case number(Template)
    /// A value as it is.
    case value(TemplateExpression)
    /// An object of the names and values of a list, in front of the members of `fixed`.
    case pairs(TemplateExpression, areIdentifiers: Bool, fixed: BodyNode)
    case object([Member])
    case array([BodyNode])
    case when(TemplateCondition, BodyNode)
    case each(name: String, list: TemplateExpression, limit: Int, body: BodyNode)

    /// A named part of an object.
    struct Member: Sendable {
        let key: String
        let value: BodyNode
    }
}

/// What a channel's own settings put into a body: checked templates and structures by the setting's name.
struct ChannelTemplates: Sendable {
    var texts: [String: Template] = [:]
    var bodies: [String: BodyNode] = [:]
}
