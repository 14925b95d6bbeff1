/// Searches a body that arrives in pieces for the keywords of a check, in any encoding.
struct KeywordReader {
    private(set) var keyword: KeywordSearch?
    private(set) var forbidden: KeywordSearch?
    /// The encoding of the body; nil until it is known.
    private(set) var charset: Charset?
    private var converter: TextConverter?
    /// What to say of an encoding that is not known; nil for any other.
    private(set) var charsetNote: String?
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
        (charset, converter, charsetNote, isKnown) = (nil, nil, nil, false)
        start = []
    }

    /// Searches a piece; `contentType` is the header field.
    mutating func feed(_ piece: UnsafeRawBufferPointer, contentType: [UInt8]?) {
        if isKnown { return search(piece) }
        start.append(contentsOf: piece)
        guard start.count >= Charset.markSize else { return }
        let isEnough = start.count >= Self.startSize || (endsAtMatch && holdsMatch)
        let choice = Charset.choice(contentType: contentType, start: start, readsPage: isEnough)
        if isEnough || choice.isFinal { settle(choice) }
    }

    /// Whether the bytes that were held back hold a keyword in ASCII, which most encodings write alike.
    private var holdsMatch: Bool {
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
        if !isKnown { settle(Charset.choice(contentType: contentType, start: start, readsPage: true)) }
    }

    private mutating func settle(_ choice: Charset.Choice) {
        isKnown = true
        converter = choice.charset.converter.flatMap(TextConverter.init)
        charset = converter == nil ? .utf8 : choice.charset
        let unknown = choice.unknown ?? (choice.charset != .utf8 && converter == nil ? choice.charset.name : nil)
        charsetNote = unknown.map { "the charset \($0) is not known: the body is read as UTF-8" }
        // The mark is no part of the text.
        let held = start.dropFirst(Charset.markLength(start, in: charset ?? .utf8))
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
