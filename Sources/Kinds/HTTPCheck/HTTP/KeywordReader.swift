/// Searches a body that arrives in pieces for the keywords of a check, in any encoding.
struct KeywordReader {
    private(set) var keyword: KeywordSearch?
    private(set) var forbidden: KeywordSearch?
    /// The encoding of the body; nil until it is known.
    private(set) var charset: Charset?
    private var converter: TextConverter?
    /// The start of a page that may still declare its encoding.
    private var start: [UInt8] = []
    private var isKnown = false
    private static let startSize = 1024
    /// The texts that assertions search for, in their order.
    private(set) var wanted: [KeywordSearch] = []
    /// The text for assertions that need all of it.
    private(set) var collected: CollectedText?
    /// Set when keywords are searched regardless of case.
    private var folder: CaseFolder?
    private let endsAtMatch: Bool

    /// nil when nothing needs the body.
    init?(_ options: HTTPSettings.Options, collects: Bool = false) {
        let texts = options.assertions.isEmpty ? [] : options.assertions.compactMap(\.wantedText)
        let collects = collects || options.assertions.contains(where: \.readsWholeBody)
        guard options.keyword != nil || options.forbiddenKeyword != nil || collects || !texts.isEmpty else {
            return nil
        }
        endsAtMatch = options.endsAtMatch
        let ignoresCase = options.ignoresKeywordCase
        keyword = options.keyword.map { KeywordSearch(ignoresCase ? CaseFolder.folded($0) : $0) }
        forbidden = options.forbiddenKeyword.map { KeywordSearch(ignoresCase ? CaseFolder.folded($0) : $0) }
        if ignoresCase { folder = CaseFolder() }
        wanted = texts.map(KeywordSearch.init)
        if collects { collected = CollectedText() }
    }

    /// Resets it for the next response, of which nothing was searched.
    mutating func beginHop() {
        (charset, converter, isKnown) = (nil, nil, false)
        start = []
    }

    /// Searches a piece; `contentType` is the header field.
    mutating func feed(_ piece: UnsafeRawBufferPointer, contentType: [UInt8]?) {
        if isKnown { return search(piece) }
        start.append(contentsOf: piece)
        if let label = contentType.flatMap(Charset.parameter) {
            guard start.count >= 3 else { return }
            return settle(Charset.mark(start) ?? Charset.labelled(label) ?? .utf8)
        }
        if endsAtMatch, holdsMatch { return settle(Charset.mark(start) ?? .utf8) }
        let isPage = contentType.map { String(decoding: $0.prefix(40), as: UTF8.self).lowercased().contains("html") }
        guard start.count >= (isPage ?? true ? Self.startSize : 3) else { return }
        settle(Charset.mark(start) ?? (isPage ?? true ? Charset.meta(in: start) : nil) ?? .utf8)
    }

    /// Whether the bytes that were held back hold a keyword in ASCII, which most encodings write alike.
    private var holdsMatch: Bool {
        guard start.count >= 3, Charset.mark(start) == nil else { return false }
        var folding = folder
        let text = folding == nil ? start : start.withUnsafeBytes { folding?.fold($0) ?? [] }
        for case var search? in [keyword, forbidden] where search.isPlain {
            text.withUnsafeBytes { search.feed($0) }
            if search.isFound { return true }
        }
        return false
    }

    /// Searches the bytes that were held back; call at the end of the body.
    mutating func end(contentType: [UInt8]?) {
        guard !isKnown else { return }
        let label = contentType.flatMap(Charset.parameter)
        settle(Charset.mark(start) ?? label.flatMap(Charset.labelled) ?? Charset.meta(in: start) ?? .utf8)
    }

    private mutating func settle(_ charset: Charset) {
        isKnown = true
        converter = charset.converter.flatMap(TextConverter.init)
        self.charset = converter == nil ? .utf8 : charset
        // The mark is no part of the text.
        let held = start.dropFirst(Charset.markLength(start))
        start = []
        held.withUnsafeBytes { search($0) }
    }

    private mutating func search(_ piece: UnsafeRawBufferPointer) {
        guard let converter else { return searchText(piece) }
        converter.feed(piece) { searchText($0) }
    }

    private mutating func searchText(_ text: UnsafeRawBufferPointer) {
        for index in wanted.indices { wanted[index].feed(text) }
        collected?.append(text)
        if let folded = folder?.fold(text) {
            folded.withUnsafeBytes { searchKeywords($0) }
        } else {
            searchKeywords(text)
        }
    }

    private mutating func searchKeywords(_ text: UnsafeRawBufferPointer) {
        keyword?.feed(text)
        forbidden?.feed(text)
    }
}
