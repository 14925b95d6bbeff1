/// The values of one series at the instants of a grid.
package struct TimeSeries: Sendable {
    package let series: SeriesKey
    /// One value for each instant; `nothing` when there is none.
    private var values: [Double]

    /// A NaN whose bits differ from those of real answers.
    private static let nothing: UInt64 = 0x7FF8_5E47_1E1D_0001

    /// A time series without values.
    package init(_ series: SeriesKey, count: Int) {
        self.series = series
        values = Array(repeating: Double(bitPattern: Self.nothing), count: count)
    }

    package var count: Int { values.count }

    /// The value at an instant, which may be infinite or not a number; nil when there is none.
    package subscript(index: Int) -> Double? {
        get {
            let value = values[index]
            return value.bitPattern == Self.nothing ? nil : value
        }
        set { values[index] = newValue ?? Double(bitPattern: Self.nothing) }
    }
}
