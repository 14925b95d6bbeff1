import Base
package import Domain

extension AnswerParser {
    /// The time series in the answer to a range query over a grid; throws when the answer is invalid or the server
    /// reports an error.
    package func timeSeries(
        status: Int,
        contentType: String?,
        body: [UInt8],
        query: String,
        on grid: PreviewGrid
    ) throws(QueryError) -> [TimeSeries] {
        let json = try success(status: status, contentType: contentType, body: body, query: query)
        guard json["data"]?["resultType"] == "matrix", let elements = json["data"]?["result"]?.arrayValue else {
            throw .malformed("there is no matrix of data")
        }
        guard elements.count <= maximumSeries else { throw .tooLarge("more than \(maximumSeries) series") }
        var seen: Set<SeriesKey> = []
        var allSeries: [TimeSeries] = []
        for element in elements {
            let series = try series(element["metric"])
            guard seen.insert(series).inserted else { throw .malformed("a series stands twice") }
            if element["histograms"] != nil { throw .histogram }
            guard let points = element["values"]?.arrayValue else { throw .malformed("a series has no values") }
            var timeSeries = TimeSeries(series, count: grid.count)
            for point in points { timeSeries[try place(of: point, on: grid)] = try value(point, "a series") }
            allSeries.append(timeSeries)
        }
        return allSeries
    }

    /// The index of a point in the grid; throws when its time is not one of the grid's.
    private func place(of point: JSONValue, on grid: PreviewGrid) throws(QueryError) -> Int {
        guard let seconds = point.arrayValue?.first?.doubleValue, abs(seconds) < 1e12 else {
            throw .malformed("a point has no time")
        }
        let offset = (seconds * 1000).rounded() - Double(grid.start.milliseconds)
        let step = Double(grid.step.wholeMilliseconds)
        let index = (offset / step).rounded()
        guard abs(index * step - offset) <= 1, index >= 0, index < Double(grid.count) else {
            throw .malformed("a point stands between the instants that were asked for")
        }
        return Int(index)
    }
}
