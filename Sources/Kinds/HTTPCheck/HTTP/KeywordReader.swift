/// Looks for the keywords of a check in a body that comes in pieces, whatever encoding it is in.
struct KeywordReader {
    private(set) var keyword: KeywordSearch?
    private(set) var forbidden: KeywordSearch?
    /// As what the body is read; nil while that is open.
    private(set) var charset: Charset?
    private var converter: TextConverter?
    /// The start of a page that may still say how it is encoded.
    private var start: [UInt8] = []
    private var isKnown = false
    private static let startSize = 1024

    init?(keyword: String?, forbidden: String?) {
        guard keyword != nil || forbidden != nil else { return nil }
        self.keyword = keyword.map(KeywordSearch.init)
        self.forbidden = forbidden.map(KeywordSearch.init)
    }

    /// Forgets the last answer, of which nothing was searched.
    mutating func beginHop() {
        (charset, converter, isKnown) = (nil, nil, false)
        start = []
    }

    /// Takes a piece; `contentType` is the header's.
    mutating func feed(_ piece: UnsafeRawBufferPointer, contentType: [UInt8]?) {
        if isKnown { return search(piece) }
        start.append(contentsOf: piece)
        if let label = contentType.flatMap(Charset.parameter) {
            guard start.count >= 3 else { return }
            return settle(Charset.mark(start) ?? Charset.labelled(label) ?? .utf8)
        }
        let isPage = contentType.map { String(decoding: $0.prefix(40), as: UTF8.self).lowercased().contains("html") }
        guard start.count >= (isPage ?? true ? Self.startSize : 3) else { return }
        settle(Charset.mark(start) ?? (isPage ?? true ? Charset.meta(in: start) : nil) ?? .utf8)
    }

    /// Searches what was held back; call at the end of the body.
    mutating func end(contentType: [UInt8]?) {
        guard !isKnown else { return }
        let label = contentType.flatMap(Charset.parameter)
        settle(Charset.mark(start) ?? label.flatMap(Charset.labelled) ?? Charset.meta(in: start) ?? .utf8)
    }

    private mutating func settle(_ charset: Charset) {
        isKnown = true
        converter = charset.converter.flatMap(TextConverter.init)
        self.charset = converter == nil ? .utf8 : charset
        let held = start
        start = []
        held.withUnsafeBytes { search($0) }
    }

    private mutating func search(_ piece: UnsafeRawBufferPointer) {
        guard let converter else { return searchText(piece) }
        converter.feed(piece) { searchText($0) }
    }

    private mutating func searchText(_ text: UnsafeRawBufferPointer) {
        keyword?.feed(text)
        forbidden?.feed(text)
    }
}
