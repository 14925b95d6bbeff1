import Base
import Checks
import Testing

@Suite("A table of settings") struct FieldTableTests {
    private struct Lamp: Sendable, Equatable {
        var room = ""
        var delay = Duration.seconds(5)
        var limit: Duration?
        var start = Timestamp(milliseconds: 1000)
        var isBright = false
    }

    private static let table: FieldTable<Lamp> = [
        Field("room", \.room, .text(1...20), default: "", isRequired: true, storage: .nowhere, "Where it stands."),
        Field(
            "delay",
            \.delay,
            .wholeSeconds(.zero...(.seconds(60))),
            default: .seconds(5),
            storage: .always("delay_ms"),
            "Until it goes out."
        ),
        Field(
            "limit",
            \.limit,
            .optional(.wholeSeconds(.zero...(.seconds(60)))),
            default: nil,
            storage: .always("limit_ms"),
            "The longest that it burns."
        ),
        Field("start", \.start, .instant, nullLeaves: true, "Since when."),
        Field("hours", .wholeSeconds(.seconds(1)...(.seconds(9))), "Another way to say limit.") { length, lamp in
            lamp.limit = length * 3600
        },
        Field("is_bright", \.isBright, .flag, default: false, "Whether it dazzles."),
    ]

    private func read(_ object: JSONObject) throws(FieldError) -> (lamp: Lamp, unknown: UnknownMembers?) {
        var lamp = Lamp()
        let unknown = try Self.table.read(object, into: &lamp)
        return (lamp, unknown)
    }

    @Test("the store has old names and forms, and of new settings what differs from the default")
    func storedForm() throws {
        var lamp = Lamp()
        #expect(Self.table.object(lamp).members.map(\.key) == ["delay_ms", "start"])
        lamp.delay = .seconds(7)
        lamp.limit = .seconds(9)
        lamp.isBright = true
        let object = Self.table.object(lamp)
        #expect(object["delay_ms"] == 7000 && object["limit_ms"] == 9000 && object["is_bright"] == true)
        #expect(object["room"] == nil && object["hours"] == nil && object["delay"] == nil)
        #expect(try read(object).lamp == lamp)
    }

    @Test("a stored value may lie beyond what people may give now, but not beyond sense")
    func storedBounds() throws {
        #expect(try read(JSONObject([("delay_ms", 90_000)])).lamp.delay == .seconds(90))
        for value: JSONValue in ["x", -1, .integer(.max), .null] {
            let error = #expect(throws: FieldError.self) { try read(JSONObject([("delay_ms", value)])) }
            #expect(error?.field == "delay_ms")
        }
        #expect(try read(JSONObject([("limit_ms", .null)])).lamp.limit == nil)
    }

    @Test("members that are not known are kept behind the others")
    func unknownMembers() throws {
        let (lamp, unknown) = try read(JSONObject([("colour", "green"), ("delay_ms", 1000), ("hours", 2)]))
        #expect(lamp.delay == .seconds(1) && lamp.limit == nil)
        let written = Self.table.object(lamp).keeping(unknown)
        #expect(written.members.map(\.key) == ["delay_ms", "start", "colour", "hours"])
    }

    @Test("answers have each setting once, and not the other ways to give one")
    func answers() {
        #expect(Self.table.answers.map(\.name) == ["room", "delay", "limit", "start", "is_bright"])
        #expect(Self.table.shown(Lamp()).map(\.key) == Self.table.answers.map(\.name))
        #expect(Self.table.members.map(\.name) == ["room", "delay", "limit", "start", "hours", "is_bright"])
    }

    @Test("a body is taken over in the order of the table, and null leaves what depends on the time")
    func bodies() {
        var lamp = Lamp()
        var errors: [FieldError] = []
        Self.table.apply(["hours": 2, "limit": 5, "start": .null], to: &lamp, stored: nil, &errors)
        #expect(errors.isEmpty && lamp.limit == .seconds(7200) && lamp.start == Timestamp(milliseconds: 1000))
    }

    private struct House: Sendable, Equatable {
        var street = ""
        var lamp = Lamp()
    }

    private static let houses = FieldTable<House>(
        [
            Field("street", \.street, .text(1...20), default: "", "Where it stands."),
            Field("road", sameAs: "street", \.street, .text(1...20)),
        ] + table.lifted(to: \.lamp)
    )

    @Test("the settings of a part are settings of the whole")
    func lifted() throws {
        var house = House()
        var errors: [FieldError] = []
        Self.houses.apply(["delay": 7, "is_bright": true, "street": "Main"], to: &house, stored: nil, &errors)
        #expect(errors.isEmpty && house.lamp.delay == .seconds(7) && house.lamp.isBright && house.street == "Main")
        #expect(Self.houses.object(house)["delay_ms"] == 7000)
        var read = House()
        let unknown = try Self.houses.read(Self.houses.object(house), into: &read)
        #expect(unknown == nil && read == house)
        #expect(Self.houses.answers.map(\.name).prefix(3) == ["street", "road", "room"])
    }

    @Test("a second name means the same, and the changed one of the two counts")
    func twins() {
        func street(_ body: JSONValue, stored: String?) -> (String, [String]) {
            var house = House()
            house.street = stored ?? ""
            var errors: [FieldError] = []
            Self.houses.apply(body, to: &house, stored: stored.map { House(street: $0) }, &errors)
            return (house.street, errors.map(\.field))
        }
        #expect(street(["road": "Main"], stored: nil) == ("Main", []))
        #expect(street(["road": "Main", "street": "Main"], stored: nil) == ("Main", []))
        #expect(street(["road": "Main", "street": "Side"], stored: nil) == ("Side", ["road"]))
        #expect(street(["road": "Main", "street": "Side"], stored: "Side") == ("Main", []))
        #expect(street(["road": "Main", "street": "Side"], stored: "Main") == ("Side", []))
        #expect(street(["road": "Main", "street": "Side"], stored: "Third") == ("Side", ["road"]))
        #expect(
            !Self.houses.flags.map(\.name).contains("road") && Self.houses.object(House(street: "a"))["road"] == nil
        )
    }
}
