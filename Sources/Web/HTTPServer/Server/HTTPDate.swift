import Base

/// The date format of HTTP: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The whole field: name, value and line end.
    static func field(_ time: Timestamp) -> [UInt8] {
        let seconds = max(0, time.milliseconds / 1000)
        let (day, second) = (seconds / 86_400, Int(seconds % 86_400))
        let date = CivilDate(daysSinceEpoch: day)
        var bytes: [UInt8] = []
        bytes.append("Date: \(days[Int(day % 7)]), ")
        bytes.append(decimal: date.day, width: 2)
        bytes.append(" \(months[date.month - 1]) ")
        bytes.append(decimal: date.year, width: 4)
        for (value, separator) in zip([second / 3600, second / 60 % 60, second % 60], [" ", ":", ":"]) {
            bytes.append(separator)
            bytes.append(decimal: value, width: 2)
        }
        bytes.append(" GMT\r\n" as StaticString)
        return bytes
    }
}
