import CPCRE2

/// A compiled Perl-compatible regular expression whose matches are bounded in steps and memory.
///
/// Text that is not UTF-8 is matched around the invalid parts. An expression with exponential cost on a text ends with
/// `PatternError.limit` instead of blocking its thread.
package final class RegularExpression: Sendable {
    /// The largest length of an expression, in bytes.
    package static let maximumLength = 4096
    /// The match limit of PCRE2: a few milliseconds of work.
    private static let matchLimit: UInt32 = 200_000
    private static let depthLimit: UInt32 = 2000
    /// Kibibytes.
    private static let heapLimit: UInt32 = 4096

    package let pattern: String
    // Invariant: PCRE2 never changes compiled code after its JIT pass, so any thread may match with it.
    private nonisolated(unsafe) let code: OpaquePointer

    /// Compiles an expression; throws `.tooLong` or `.syntax`.
    package init(_ pattern: String, caseless: Bool = false) throws(PatternError) {
        let bytes = Array(pattern.utf8)
        guard bytes.count <= Self.maximumLength else { throw .tooLong }
        var options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C
        if caseless { options |= PCRE2_CASELESS }
        var error: Int32 = 0
        var offset = 0
        guard let code = sentinel_pcre2_compile(bytes, bytes.count, options, &error, &offset) else {
            throw .syntax(reason: Self.message(error), offset: offset)
        }
        // When JIT compilation fails, the interpreter matches the same, only slower.
        _ = pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
        self.pattern = pattern
        self.code = code
    }

    deinit { pcre2_code_free_8(code) }

    /// Whether the expression matches somewhere; throws `.limit`.
    package func matches(_ text: String) throws(PatternError) -> Bool { try groups(in: text) != nil }

    /// Whether the expression matches somewhere in bytes; throws `.limit`.
    package func matches(_ bytes: [UInt8]) throws(PatternError) -> Bool { try ranges(in: bytes) != nil }

    /// Where in bytes the expression matches first; nil without a match.
    ///
    /// Throws `.limit`.
    package func firstMatch(in bytes: [UInt8]) throws(PatternError) -> Range<Int>? {
        guard let whole = try ranges(in: bytes)?.first else { return nil }
        // `\K` may have set the start behind the end.
        return whole ?? bytes.count..<bytes.count
    }

    /// Whether the expression matches a text from its start to its end; throws `.limit`.
    package func matchesWhole(_ text: String) throws(PatternError) -> Bool {
        try ranges(in: Array(text.utf8), PCRE2_ANCHORED | PCRE2_ENDANCHORED) != nil
    }

    /// The first match and its groups; nil without a match.
    ///
    /// A group that did not take part is nil. Throws `.limit`.
    package func groups(in text: String) throws(PatternError) -> [String?]? {
        let bytes = Array(text.utf8)
        return try ranges(in: bytes)?.map { range in
            range.map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    private func ranges(in bytes: [UInt8], _ options: UInt32 = 0) throws(PatternError) -> [Range<Int>?]? {
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil), let context = Self.context() else {
            throw .limit
        }
        defer {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }
        let count = bytes.withUnsafeBufferPointer { buffer in
            pcre2_match_8(code, buffer.baseAddress ?? Self.nothing, buffer.count, 0, options, data, context)
        }
        switch count {
        case PCRE2_ERROR_NOMATCH: return nil
        case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_JIT_STACKLIMIT,
            PCRE2_ERROR_NOMEMORY:
            throw .limit
        case ..<0: throw .failed(code: count)
        default: return Self.ranges(data, Int(count))
        }
    }

    private static func ranges(_ data: OpaquePointer, _ count: Int) -> [Range<Int>?] {
        guard let vector = pcre2_get_ovector_pointer_8(data) else { return [] }
        return (0..<count).map { index in
            let start = vector[2 * index]
            let end = vector[2 * index + 1]
            // `\K` in a lookahead may set the start behind the end.
            return start == Int.max || start < 0 || end < start ? nil : start..<end
        }
    }

    private static func context() -> OpaquePointer? {
        guard let context = pcre2_match_context_create_8(nil) else { return nil }
        pcre2_set_match_limit_8(context, matchLimit)
        pcre2_set_depth_limit_8(context, depthLimit)
        pcre2_set_heap_limit_8(context, heapLimit)
        return context
    }

    /// A valid address for an empty subject.
    // Invariant: one byte that is never written.
    private nonisolated(unsafe) static let nothing = UnsafePointer(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

    private static func message(_ code: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(code, &text, text.count)
        return String(decoding: text.prefix(max(0, Int(length))), as: UTF8.self)
    }
}
