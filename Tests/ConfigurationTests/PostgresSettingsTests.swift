import Base
import Testing
import sentinel

/// The ways in which a PostgreSQL server is named.
@Suite struct PostgresSettingsTests {
    private func configuration(_ environment: [String: String]) throws -> Configuration {
        try SettingsLoader(environment: environment).load()
    }

    private static let key = String(repeating: "k", count: 32)

    @Test(
        "parts make an address",
        arguments: [
            (["POSTGRES_HOST": "db"], "postgres://db/"),
            (["POSTGRES_DB": "x"], "postgres:///x"),
            (
                [
                    "POSTGRES_HOST": "db", "POSTGRES_PORT": "5433", "POSTGRES_DB": "my db", "POSTGRES_USER": "me",
                    "POSTGRES_PASSWORD": "a/b@c:%é",
                ], "postgres://me:a%2Fb%40c%3A%25%C3%A9@db:5433/my%20db"
            ),
            (["POSTGRES_HOST": "::1", "POSTGRES_DB": "x"], "postgres://[::1]/x"),
            (["POSTGRES_HOST": "/run/postgresql", "POSTGRES_DB": "x"], "postgres://%2Frun%2Fpostgresql/x"),
            (["POSTGRES_PASSWORD": "x", "POSTGRES_USER": "y"], "sqlite:data/sentinel.db"),
            (["DATABASE_URL": "sqlite:x.db", "POSTGRES_HOST": "db"], "sqlite:x.db"),
            (
                ["DATABASE_URL": "postgres://me@db/x", "POSTGRES_PASSWORD": "a&b", "POSTGRES_HOST": "other"],
                "postgres://me@db/x?password=a%26b"
            ),
            (["DATABASE_URL": "postgres://me:own@db/x", "POSTGRES_PASSWORD": "other"], "postgres://me:own@db/x"),
            (
                ["DATABASE_URL": "postgres://db/x?user=me&password=own", "POSTGRES_PASSWORD": "other"],
                "postgres://db/x?user=me&password=own"
            ),
        ]
    )
    func partsMakeAnAddress(_ environment: [String: String], _ url: String) throws {
        let settings = Settings(try configuration(environment.merging(["SECRET_KEY": Self.key]) { $1 }))
        #expect(settings.database.text == url)
        #expect(settings.refusals.isEmpty)
    }

    @Test func addressThatIsMadeSaysWhereItComesFrom() throws {
        let configuration = try configuration(["POSTGRES_DB": "x", "POSTGRES_PASSWORD": "hunter2"])
        #expect(configuration.origin(of: "database.url") == .environment(variable: "POSTGRES_DB"))
    }

    @Test func keyIsNeeded() throws {
        let refusals = Settings(try configuration(["DATABASE_URL": "postgres://db/x"])).refusals
        #expect(refusals.count == 1 && refusals[0].contains("SECRET_KEY"))
    }

    @Test(
        arguments: [
            ("postgres://db/x?ssl=require", "libpq has no parameter 'ssl'"),
            ("postgres://me:hunter2%zz@db/x", "a '%' is not followed by two hexadecimal digits"),
            ("postgres://me:hunter2/x@db/x", "the port is not a number"),
            ("postgres://db/x?password=hunter2&hunter2", "a parameter has no '='"),
            ("postgres://db/x?password=hunter2=hunter2", "a parameter has two '='"),
            ("postgres://[::1/x?password=hunter2", "the ']' after an IPv6 address is missing"),
            ("postgres://db:99999/x", "the port is not a number from 1 to 65535"),
            ("postgres://db/x?sslmode=hunter2", "sslmode is not one of disable, allow"),
            ("postgres://db/x?connect_timeout=hunter2", "connect_timeout is not a number"),
            ("postgres://db/x?replication=database", "replication connections"),
        ] as [(String, String)]
    )
    func addressThatCannotBeUsedIsRefused(_ url: String, _ reason: String) throws {
        let settings = try configuration(["DATABASE_URL": url, "SECRET_KEY": Self.key])
        let refusals = Settings(settings).refusals
        #expect(
            refusals.count == 1 && refusals[0].hasPrefix("database.url (environment DATABASE_URL): \(reason)"),
            "\(refusals)"
        )
        #expect(!refusals.joined().contains("hunter2"))
        let shown = ConfigCommand.text(settings)
        #expect(!shown.contains("password=hunter2") && !shown.contains("me:hunter2"), "\(shown)")
    }
}
