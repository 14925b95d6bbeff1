import CYAML

extension YAMLNode {
    /// The limits of one file.
    package struct Limits: Sendable {
        package var bytes = 256 << 10
        package var depth = 16
        package var nodes = 10_000
        package init() {}
    }

    /// Parses one YAML document; nil for an empty one.
    ///
    /// Anchors, aliases, tags, complex or duplicate keys and further documents are refused.
    ///
    /// Throws `.syntax` for a text that is not YAML, `.refused` for a feature that is not allowed, and `.tooLarge`
    /// beyond the limits, each with its line.
    package static func read(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> YAMLNode? {
        guard bytes.count <= limits.bytes else {
            throw .tooLarge(line: 1, "the file is larger than \(limits.bytes) bytes")
        }
        return try bytes.withUnsafeBufferPointer { buffer throws(YAMLError) in
            let parser = try YAMLParser(buffer)
            var reader = YAMLReader(limits: limits)
            return try reader.document(parser)
        }
    }
}

/// A `yaml_parser_t` over bytes that outlive it.
private struct YAMLParser: ~Copyable {
    private let handle: UnsafeMutablePointer<yaml_parser_t>

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(YAMLError) {
        handle = .allocate(capacity: 1)
        guard yaml_parser_initialize(handle) == 1 else {
            handle.deallocate()
            throw .syntax(line: 1, "out of memory")
        }
        yaml_parser_set_encoding(handle, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(handle, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(handle)
        handle.deallocate()
    }

    /// An event of libyaml, copied out of it.
    enum Event {
        case streamStart, streamEnd, documentStart, documentEnd
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    /// The next event and its position.
    borrowing func next() throws(YAMLError) -> (event: Event, place: YAMLPlace) {
        var raw = yaml_event_t()
        guard yaml_parser_parse(handle, &raw) == 1 else { throw failure() }
        defer { yaml_event_delete(&raw) }
        let mark = raw.start_mark
        let place = YAMLPlace(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
        return (try Self.event(raw, place.line), place)
    }

    private static func event(_ raw: yaml_event_t, _ line: Int) throws(YAMLError) -> Event {
        switch raw.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT: throw .refused(line: line, "aliases are not supported")
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            try refuse(scalar.anchor, scalar.tag, line)
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        case YAML_SEQUENCE_START_EVENT:
            try refuse(raw.data.sequence_start.anchor, raw.data.sequence_start.tag, line)
            return .sequenceStart
        case YAML_MAPPING_START_EVENT:
            try refuse(raw.data.mapping_start.anchor, raw.data.mapping_start.tag, line)
            return .mappingStart
        default: return .streamEnd
        }
    }

    private static func refuse(
        _ anchor: UnsafeMutablePointer<UInt8>?,
        _ tag: UnsafeMutablePointer<UInt8>?,
        _ line: Int
    ) throws(YAMLError) {
        if anchor != nil { throw .refused(line: line, "anchors are not supported") }
        if tag != nil { throw .refused(line: line, "tags are not supported") }
    }

    private borrowing func failure() -> YAMLError {
        let reason = handle.pointee.problem.map { String(cString: $0) } ?? "not YAML"
        if handle.pointee.error == YAML_READER_ERROR {
            return .syntax(
                line: Int(handle.pointee.mark.line) + 1,
                "\(reason) at byte \(handle.pointee.problem_offset)"
            )
        }
        let line = Int(handle.pointee.problem_mark.line) + 1
        let begin = Int(handle.pointee.context_mark.line) + 1
        guard let context = handle.pointee.context, begin != line else { return .syntax(line: line, reason) }
        return .syntax(line: line, "\(reason) \(String(cString: context)) from line \(begin)")
    }
}

/// Builds nodes from events, within limits.
private struct YAMLReader {
    let limits: YAMLNode.Limits
    private var nodes = 0

    init(limits: YAMLNode.Limits) { self.limits = limits }

    mutating func document(_ parser: borrowing YAMLParser) throws(YAMLError) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let (event, place) = try parser.next()
            switch event {
            case .streamEnd: return root
            case .documentStart where root != nil: throw .refused(line: place.line, "a second document begins here")
            case .scalar, .sequenceStart, .mappingStart: root = try node(event, place, parser, depth: 1)
            default: continue
            }
        }
    }

    private mutating func node(
        _ event: YAMLParser.Event,
        _ start: YAMLPlace,
        _ parser: borrowing YAMLParser,
        depth: Int
    ) throws(YAMLError) -> YAMLNode {
        nodes += 1
        guard nodes <= limits.nodes else { throw .tooLarge(line: start.line, "more than \(limits.nodes) values") }
        guard depth <= limits.depth else {
            throw .tooLarge(line: start.line, "nested deeper than \(limits.depth) levels")
        }
        switch event {
        case .scalar(let text, let isPlain): return .scalar(text, isPlain: isPlain, at: start)
        case .sequenceStart: return try sequence(start, parser, depth: depth)
        case .mappingStart: return try mapping(start, parser, depth: depth)
        default: throw .syntax(line: start.line, "a value is missing")
        }
    }

    private mutating func sequence(
        _ start: YAMLPlace,
        _ parser: borrowing YAMLParser,
        depth: Int
    ) throws(YAMLError) -> YAMLNode {
        var elements: [YAMLNode] = []
        while true {
            let (event, place) = try parser.next()
            if case .sequenceEnd = event { return .sequence(elements, at: start) }
            elements.append(try node(event, place, parser, depth: depth + 1))
        }
    }

    private mutating func mapping(
        _ start: YAMLPlace,
        _ parser: borrowing YAMLParser,
        depth: Int
    ) throws(YAMLError) -> YAMLNode {
        var members: [YAMLNode.Member] = []
        var keys: [String: YAMLPlace] = [:]
        while true {
            let (event, place) = try parser.next()
            if case .mappingEnd = event { return .mapping(members, at: start) }
            guard case .scalar(let key, _) = event else {
                throw .refused(line: place.line, "a key must be a single word")
            }
            if let earlier = keys.updateValue(place, forKey: key) {
                throw .refused(line: place.line, "duplicate key '\(key.prefix(80))', first on line \(earlier.line)")
            }
            let (value, valuePlace) = try parser.next()
            members.append(
                YAMLNode.Member(key: key, place: place, value: try node(value, valuePlace, parser, depth: depth + 1))
            )
        }
    }
}
