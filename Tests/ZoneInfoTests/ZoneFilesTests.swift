import Base
import Domain
import Glibc
import TestSupport
import Testing
import ZoneInfo

@Suite struct ZoneFilesTests {
    private let files = ZoneFiles()

    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(iso8601: text)) }

    private func fault(_ name: String, _ files: ZoneFiles) -> ZoneError? {
        do throws(ZoneError) {
            _ = try files.rules(name)
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "01:59:59", "03:00:00"),
        ("Europe/Berlin", "2026-10-25T01:00:00Z", "02:59:59", "02:00:00"),
        ("America/New_York", "2026-03-08T07:00:00Z", "01:59:59", "03:00:00"),
        ("America/New_York", "2026-11-01T06:00:00Z", "01:59:59", "01:00:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z", "01:59:59", "01:30:00"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z", "01:59:59", "02:30:00"),
        // Clocks are set back for Ramadan.
        ("Africa/Casablanca", "2026-02-15T02:00:00Z", "02:59:59", "02:00:00"),
        ("Africa/Casablanca", "2026-03-22T02:00:00Z", "01:59:59", "03:00:00"),
        ("Asia/Kolkata", "1945-10-14T17:30:00Z", "23:59:59", "23:00:00"),
        ("America/Sao_Paulo", "2019-02-17T02:00:00Z", "23:59:59", "23:00:00"),
        ("Europe/Dublin", "2026-10-25T01:00:00Z", "01:59:59", "01:00:00"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "23:59:59", "00:00:00"),
    ])
    func clockChangesAreKnown(_ name: String, _ instant: String, _ before: String, _ after: String) throws {
        let zone = try files.rules(name)
        let change = try at(instant)
        #expect(zone.local(at: change - .seconds(1)).description.hasSuffix("T" + before))
        #expect(zone.local(at: change).description.hasSuffix("T" + after))
        #expect(zone.name == name)
    }

    @Test func skippedDayOfSamoaIsMissing() throws {
        let zone = try files.rules("Pacific/Apia")
        #expect(zone.local(at: try at("2011-12-30T09:59:59Z")).description == "2011-12-29T23:59:59")
        #expect(zone.local(at: try at("2011-12-30T10:00:00Z")).description == "2011-12-31T00:00:00")
        let skipped = try #require(CivilDate(year: 2011, month: 12, day: 30))
        for hour in 0..<24 { #expect(zone.instants(of: try #require(LocalDateTime(skipped, hour: hour))) == []) }
    }

    @Test func brazilHasNoClockChanges() throws {
        let zone = try files.rules("America/Sao_Paulo")
        for month in 1...12 {
            let day = try #require(CivilDate(year: 2030, month: month, day: 15)).daysSinceEpoch
            #expect(zone.offset(at: Timestamp(milliseconds: day * 86_400_000)) == .seconds(-10_800))
        }
    }

    @Test func everyInstalledZoneIsParsed() throws {
        let names = files.names()
        #expect(names.count > 400 && names.contains("America/Argentina/Buenos_Aires") && names == names.sorted())
        #expect(!names.contains { $0.hasPrefix("right/") || $0.hasPrefix("posix/") || $0.contains(".") })
        for name in names { #expect(throws: Never.self) { try files.rules(name) } }
    }

    @Test func utcNeedsNoFiles() throws {
        let none = ZoneFiles(directory: "/nonexistent")
        #expect(try none.rules("UTC") == .utc)
        #expect(fault("Europe/Berlin", none) == .notInstalled(directory: "/nonexistent"))
        #expect(none.names() == ["UTC"])
    }

    @Test(arguments: [
        "", "/", "/etc/passwd", "../../etc/passwd", "Europe/../UTC", "Europe//Berlin", "Europe/Berlin/",
        "europe/berlin",
        "right/Europe/Berlin", "posix/UTC", "localtime", "posixrules", "Europe/Berlin\0", "Europe Berlin", "zone.tab",
        "Zürich", "A" + String(repeating: "a", count: 64), ".", "..", "UTC\n",
    ])
    func namesLeadingOutOfTheFolderAreRefused(_ name: String) {
        #expect(fault(name, files) == .invalidName(name))
    }

    @Test(arguments: [
        ("Europe/Berlim", "Europe/Berlin"), ("America/NewYork", "America/New_York"), ("Utc", "UTC"),
        ("Asia/Calcuta", "Asia/Calcutta"),
    ])
    func misspeltNameGetsASuggestion(_ name: String, _ suggestion: String) {
        #expect(fault(name, files) == .unknown(name, suggestion: suggestion))
    }

    @Test func distantNameGetsNoSuggestion() {
        #expect(fault("Mars/Olympus_Mons", files) == .unknown("Mars/Olympus_Mons", suggestion: nil))
        #expect(fault("Europe", files).map { "\($0)".hasPrefix("there is no time zone 'Europe'") } == true)
    }

    @Test func brokenFilesAreNamed() throws {
        let folder = DatabaseFile()
        defer { folder.remove() }
        let paths = ["Broken", "Huge", "UTC"].map { "\(folder.folder)/\($0)" }
        defer { for path in paths { unlink(path) } }
        DatabaseFile.write(Array("TZif but no more".utf8), to: paths[0])
        DatabaseFile.write([UInt8](repeating: 0, count: TimeZoneRules.sizeLimit + 1), to: paths[1])
        DatabaseFile.write([1], to: paths[2])
        let files = ZoneFiles(directory: folder.folder)
        #expect(fault("Broken", files) == .malformed("Broken", .truncated))
        #expect(fault("Broken", files)?.description == "time zone 'Broken': the time zone file ends too early")
        guard case .unreadable("Huge", _) = fault("Huge", files) else {
            Issue.record("a huge file was read")
            return
        }
        #expect(try files.rules("UTC") == .utc)
    }

    @Test func zonesAreReadOnce() throws {
        let folder = DatabaseFile()
        defer { folder.remove() }
        let path = "\(folder.folder)/Copy"
        DatabaseFile.write(DatabaseFile.bytes(of: "/usr/share/zoneinfo/Europe/Berlin"), to: path)
        let files = ZoneFiles(directory: folder.folder)
        let first = try files.rules("Copy")
        unlink(path)
        #expect(try files.rules("Copy") == first)
    }
}
