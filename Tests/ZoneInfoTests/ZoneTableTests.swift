import Base
import Domain
import Testing
import ZoneInfo

/// Random instants with the results of another implementation: Python's zoneinfo with tzdata 2025b.
///
/// Future instants are in the range where only the files' rules for all years apply; no zone here has changed its past
/// since.
@Suite struct ZoneTableTests {
    @Test(
        arguments: [
            ("Europe/Berlin", -660371272, 3600, "1949-01-27T20:32:08"),
            ("Europe/Berlin", 955098139, 7200, "2000-04-07T11:02:19"),
            ("Europe/Berlin", 3841670798, 7200, "2091-09-26T20:46:38"),
            ("America/New_York", -1843833776, -18000, "1911-07-29T02:57:04"),
            ("America/New_York", 786707737, -18000, "1994-12-06T04:55:37"),
            ("America/New_York", 4447512491, -18000, "2110-12-08T15:08:11"),
            ("Australia/Lord_Howe", -1646936943, 36000, "1917-10-24T15:30:57"),
            ("Australia/Lord_Howe", 1416462972, 39600, "2014-11-20T16:56:12"),
            ("Australia/Lord_Howe", 4648972253, 37800, "2117-04-27T23:40:53"),
            ("Africa/Casablanca", -1802118923, -1820, "1912-11-23T02:54:17"),
            ("Africa/Casablanca", 1720861946, 3600, "2024-07-13T10:12:26"),
            ("Africa/Casablanca", 3068038476, 3600, "2067-03-22T17:54:36"),
            ("Asia/Kolkata", -1890179752, 19800, "1910-02-08T03:34:08"),
            ("Asia/Kolkata", 815722285, 19800, "1995-11-07T11:01:25"),
            ("Asia/Kolkata", 4008410842, 19800, "2097-01-07T20:57:22"),
            ("America/Sao_Paulo", -255186661, -10800, "1961-11-30T07:48:59"),
            ("America/Sao_Paulo", 781165383, -10800, "1994-10-03T03:23:03"),
            ("America/Sao_Paulo", 3179556516, -10800, "2070-10-03T07:08:36"),
            ("Pacific/Apia", -1661612967, -41400, "1917-05-06T21:20:33"),
            ("Pacific/Apia", 1814516967, 46800, "2027-07-02T21:29:27"),
            ("Pacific/Apia", 3969212838, 46800, "2095-10-12T12:07:18"),
            ("Europe/Dublin", -1797344714, -1521, "1913-01-17T09:09:25"),
            ("Europe/Dublin", 1845454567, 3600, "2028-06-24T11:16:07"),
            ("Europe/Dublin", 2677642147, 0, "2054-11-07T05:29:07"),
            ("Asia/Gaza", -1092418343, 7200, "1935-05-21T08:27:37"),
            ("Asia/Gaza", 1985410844, 7200, "2032-11-30T09:00:44"),
            ("Asia/Gaza", 4649869425, 10800, "2117-05-08T01:23:45"),
            ("America/Nuuk", -1785526927, -12416, "1913-06-03T00:50:57"),
            ("America/Nuuk", 1870471143, -3600, "2029-04-09T22:19:03"),
            ("America/Nuuk", 4660798069, -3600, "2117-09-11T09:07:49"),
            ("America/St_Johns", -347492716, -12600, "1958-12-27T22:44:44"),
            ("America/St_Johns", 737644238, -9000, "1993-05-17T10:40:38"),
            ("America/St_Johns", 3095456016, -12600, "2068-02-02T21:23:36"),
            ("Asia/Tehran", -1851151312, 12344, "1911-05-05T18:43:52"),
            ("Asia/Tehran", 1826580767, 12600, "2027-11-19T03:02:47"),
            ("Asia/Tehran", 2717898285, 12600, "2056-02-16T07:14:45"),
            ("Pacific/Chatham", -807359978, 44100, "1944-06-02T01:35:22"),
            ("Pacific/Chatham", 1531246241, 45900, "2018-07-11T06:55:41"),
            ("Pacific/Chatham", 2765487652, 45900, "2057-08-20T11:45:52"),
            ("Antarctica/Troll", 271005804, 0, "1978-08-03T15:23:24"),
            ("Antarctica/Troll", 884108896, 0, "1998-01-06T17:48:16"),
            ("Antarctica/Troll", 4597972440, 7200, "2115-09-15T08:34:00"),
            ("America/Caracas", -726303048, -16200, "1946-12-26T12:39:12"),
            ("America/Caracas", 1834295340, -14400, "2028-02-16T02:29:00"),
            ("America/Caracas", 2922130699, -14400, "2062-08-06T18:58:19"),
            ("Asia/Kathmandu", -1608601502, 20476, "1919-01-11T03:56:14"),
            ("Asia/Kathmandu", 1880128840, 20700, "2029-07-30T23:45:40"),
            ("Asia/Kathmandu", 4599220969, 20700, "2115-09-29T23:07:49"),
            ("Etc/GMT+12", -1244322491, -43200, "1930-07-27T14:51:49"),
            ("Etc/GMT+12", 1430869633, -43200, "2015-05-05T11:47:13"),
            ("Etc/GMT+12", 2564377938, -43200, "2051-04-05T19:12:18"),
        ] as [(String, Int64, Int, String)]
    )
    func rulesAgreeWithTheReferenceTable(_ name: String, _ second: Int64, _ offset: Int, _ local: String) throws {
        let zone = try ZoneFiles().rules(name)
        let time = Timestamp(milliseconds: second * 1000)
        #expect(zone.offset(at: time) == .seconds(offset))
        #expect(zone.local(at: time).description == local)
        #expect(zone.instants(of: zone.local(at: time)).contains(time))
    }
}
