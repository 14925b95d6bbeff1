import API
import Base
import Domain
import HTTPCheck
import HTTPServer
import Testing

/// One line in a table: the document and the answers of the API have the setting with its words.
@Suite("Tables of settings in the API") struct SettingTableTests {
    struct Setting: Sendable {
        let name: String
        let about: String
        let isShown: Bool

        init<Root>(_ field: Field<Root>) {
            name = field.name
            about = field.about
            isShown = field.isShown
        }
    }

    struct Table: Sendable, CustomTestStringConvertible {
        let schema: String
        let settings: [Setting]
        var answer: String?
        var isFixed = false
        var testDescription: String { schema }
    }

    static let tables = [
        Table(schema: "HTTPMonitor", settings: MonitorDraft.fields.fields.map { Setting($0) }),
        Table(schema: "Channel", settings: Channel.fields().fields.map { Setting($0) }),
        Table(schema: "Policy", settings: Policy.fields.fields.map { Setting($0) }),
        Table(
            schema: "Maintenance",
            settings: MaintenancePlan.fields().fields.map { Setting($0) },
            answer: "MaintenanceWindow"
        ),
        Table(schema: "AlertRule", settings: AlertRule.fields.fields.map { Setting($0) }),
        Table(schema: "Server", settings: MonitoredServer.fields.fields.map { Setting($0) }),
        Table(schema: "Silence", settings: Silence.fields.fields.map { Setting($0) }, isFixed: true),
    ]

    @Test("the document has every setting of a table with its words", arguments: tables)
    func document(_ table: Table) async throws {
        let app = try await TestApplication()
        let schemas = await app.send(.get, "/api/openapi.json").json["components"]?["schemas"]
        let bodies = table.isFixed ? ["Creation"] : ["Creation", "Replacement", "Change"]
        #expect(!table.settings.isEmpty)
        for setting in table.settings {
            for body in bodies {
                let property = schemas?[table.schema + body]?["properties"]?[setting.name]
                #expect(property?["description"] == .string(setting.about), "\(table.schema)\(body).\(setting.name)")
                #expect(property?["readOnly"] == nil)
            }
            let answer = schemas?[table.answer ?? table.schema]
            let shown = answer?["properties"]?[setting.name]
            #expect((shown?["description"] == .string(setting.about)) == setting.isShown, "\(setting.name)")
            let required = answer?["required"]?.arrayValue ?? []
            #expect(required.contains(.string(setting.name)) == setting.isShown, "\(setting.name)")
        }
    }
}
