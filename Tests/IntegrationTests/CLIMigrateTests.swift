import Base
import Testing
import TestSupport

/// `sentinel migrate` on its own file.
@Suite struct CLIMigrateTests {
    @Test func migrationsGoUpAndDown() async throws {
        let folder = try CLIFolder()
        let missing = try await folder.run(["migrate", "status"])
        #expect(missing.code == 1)
        #expect(
            missing.standardError
                == "sentinel: there is no database at 'data/sentinel.db' yet; 'sentinel migrate up' creates it\n"
        )
        let up = try await folder.run(["migrate", "up"])
        #expect(up.code == 0)
        #expect(up.standardOutput.hasPrefix("Applied 1 ("))
        #expect(try await folder.run(["migrate", "up"]).standardOutput == "Nothing to apply.\n")
        let status = try await folder.run(["migrate", "status", "--json"])
        let list = try #require(try JSONValue(parsing: status.standardOutput).arrayValue)
        #expect(list.first?["version"] == 1)
        #expect(list.allSatisfy { $0["applied_at"]?.stringValue != nil })
        let asked = try await folder.run(["migrate", "down", "--steps", "\(list.count)"])
        #expect(asked.code == 1)
        #expect(asked.standardOutput.isEmpty)
        #expect(asked.standardError.contains("  1 (monitors_and_results): "), "\(asked.standardError)")
        #expect(asked.standardError.contains("monitors (0 rows)"))
        #expect(asked.standardError.hasSuffix("Nothing was changed; add --yes to do it\n"))
        #expect(try await !folder.run(["migrate", "status"]).standardOutput.contains("not applied"))
        #expect(try await folder.run(["migrate", "down", "--yes"]).standardOutput.hasPrefix("Took back "))
        let down = try await folder.run(["migrate", "down", "--steps", "\(list.count - 1)", "--yes"])
        #expect(down.standardOutput.split(separator: "\n").count == list.count - 1)
        #expect(try await folder.run(["migrate", "down"]).standardOutput == "Nothing to take back.\n")
        #expect(try await folder.run(["migrate", "status"]).standardOutput.contains("not applied"))
    }

    @Test func errorsExitWith1() async throws {
        let folder = try CLIFolder()
        let far = try await folder.run(["migrate", "up", "--to", "99"])
        #expect(far.code == 1)
        #expect(far.standardError == "sentinel: there is no migration 99\n")
        folder.write("this is no database, but a text that is long enough", to: "data/sentinel.db")
        let garbage = try await folder.run(["migrate", "up"])
        #expect(garbage.code == 1)
        #expect(!garbage.standardError.isEmpty)
        let elsewhere = try await folder.run(
            ["migrate", "up"],
            environment: ["DATABASE_URL": "sqlite:///proc/none/x.db"]
        )
        #expect(elsewhere.code == 1)
        let server = try await folder.run(["migrate", "up", "--database", "postgres://me:hunter2@db/x"])
        #expect(server.code == 1)
        #expect(!server.standardError.contains("hunter2"))
    }

    @Test func newWritesAFileOnce() async throws {
        let folder = try CLIFolder()
        let words = ["migrate", "new", "add_things", "--folder", "."]
        let first = try await folder.run(words)
        #expect(first.code == 0)
        let number = try #require(first.standardOutput.firstMatch(of: /^Wrote \.\/Migration\+version(\d+)\.swift;/)?.1)
        // The number after the existing migrations, whatever it is.
        #expect(try await folder.run(["migrate", "up"]).code == 0)
        let status = try await folder.run(["migrate", "status"]).standardOutput
        #expect(!status.contains("version\(number)") && (Int(number) ?? 0) > 8)
        #expect(try await folder.run(words).code == 1)
        #expect(try await folder.run(["migrate", "new", "Add Things"]).code == 2)
    }
}
