import Base

/// The structure of a JSON body whose texts are templates; a value can never change the structure.
///
/// Members and elements that render to nothing are omitted, unless they are written as empty in the source.
indirect enum BodyNode: Sendable {
    case literal(JSONValue)
    /// `limit` in UTF-16 units; nil for no limit of its own.
    case text(Template, limit: Int?)
    /// The template of a channel's setting.
    case setting(String, limit: Int?)
    /// The structure of a channel's setting.
    case body(String)
    /// A template that renders a whole number.
    case number(Template)
    /// A value of the message.
    case value(TemplateExpression)
    /// An object made from the names and values of a list, before the members of `fixed`.
    case pairs(TemplateExpression, areIdentifiers: Bool, fixed: BodyNode)
    case object([Member])
    case array([BodyNode])
    case when(TemplateCondition, BodyNode)
    case each(name: String, list: TemplateExpression, limit: Int, body: BodyNode)

    /// A member of an object.
    struct Member: Sendable {
        let key: String
        let value: BodyNode
    }
}

/// The parts of a body that come from a channel's own settings: checked templates and structures by the setting's name.
struct ChannelTemplates: Sendable {
    var texts: [String: Template] = [:]
    var bodies: [String: BodyNode] = [:]
}
