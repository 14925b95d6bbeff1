import CPCRE2

/// A compiled Perl-compatible regular expression whose matches are bounded in steps and memory.
///
/// Text that is not UTF-8 is matched around the invalid parts. An expression that costs too much on a text ends with
/// `PatternError.limit` instead of blocking its thread.
package final class RegularExpression: Sendable {
    /// The largest length of an expression, in bytes.
    package static let maximumLength = 4096
    /// A start at one place of a text needs no more; `StepCounter` is what bounds a match.
    private static let matchLimit: UInt32 = 100_000_000
    /// Kibibytes, for the interpreter.
    private static let heapLimit: UInt32 = 32 << 10
    /// Bytes, for compiled code: `(.|\n)*` takes some 30 bytes of stack for each byte of text.
    private static let stackLimit = 32 << 20

    package let pattern: String
    // Invariant: PCRE2 never changes compiled code after its JIT pass, so any thread may match with it.
    private nonisolated(unsafe) let code: OpaquePointer

    /// Compiles an expression, with `isWhole` one that must match a text from its start to its end.
    ///
    /// Throws `.tooLong` or `.syntax`.
    package convenience init(
        _ pattern: String,
        caseless: Bool = false,
        isWhole: Bool = false
    ) throws(PatternError) {
        guard pattern.utf8.count <= Self.maximumLength else { throw .tooLong }
        var options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C
        if caseless { options |= PCRE2_CASELESS }
        if isWhole { options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED }
        try self.init(pattern, options: options)
    }

    /// Compiles the translation of an expression, which may be longer; throws `.syntax`.
    convenience init(translated pattern: String, isWhole: Bool) throws(PatternError) {
        try self.init(pattern, options: PCRE2_UTF | (isWhole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0))
    }

    /// Compiles an expression that matches byte by byte: each byte is the character of Latin-1 with its number.
    ///
    /// Throws `.tooLong`, or `.syntax` also for a character that Latin-1 does not have.
    package convenience init(bytewise pattern: String) throws(PatternError) {
        guard pattern.utf8.count <= Self.maximumLength else { throw .tooLong }
        let bytes = pattern.unicodeScalars.map { UInt8(exactly: $0.value) }
        if let offset = bytes.firstIndex(of: nil) {
            throw .syntax(reason: "a character is not in Latin-1", offset: offset)
        }
        try self.init(pattern, bytes.compactMap(\.self), options: PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C)
    }

    private convenience init(_ pattern: String, options: UInt32) throws(PatternError) {
        try self.init(pattern, Array(pattern.utf8), options: options)
    }

    private init(_ pattern: String, _ bytes: [UInt8], options: UInt32) throws(PatternError) {
        var error: Int32 = 0
        var offset = 0
        // The callouts count the steps of a match.
        let options = options | PCRE2_AUTO_CALLOUT
        guard let code = sentinel_pcre2_compile(bytes, bytes.count, options, &error, &offset) else {
            throw .syntax(reason: Self.message(error), offset: offset)
        }
        // When JIT compilation fails, the interpreter matches the same, only slower.
        _ = pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
        self.pattern = pattern
        self.code = code
    }

    deinit { pcre2_code_free_8(code) }

    /// The steps that a match on a text of some bytes may take: milliseconds for a page, 0.1 s for 1 MiB.
    package static func stepLimit(bytes: Int) -> Int { 1_000_000 + 16 * bytes }

    /// Whether the expression matches; throws `.limit`.
    package func matches(_ text: String) throws(PatternError) -> Bool { try matches(Array(text.utf8)) }

    /// Whether the expression matches in bytes; throws `.limit`.
    package func matches(_ bytes: [UInt8]) throws(PatternError) -> Bool {
        var steps = Self.stepLimit(bytes: bytes.count)
        return try matches(bytes, steps: &steps)
    }

    /// Whether the expression matches in bytes, within the steps that are left for this and other matches.
    ///
    /// Throws `.limit` when they are used up.
    package func matches(_ bytes: [UInt8], steps: inout Int) throws(PatternError) -> Bool {
        try ranges(in: bytes, steps: &steps) != nil
    }

    /// Where in bytes the expression matches first, within the steps that are left; nil without a match.
    ///
    /// Throws `.limit`.
    package func firstMatch(in bytes: [UInt8], steps: inout Int) throws(PatternError) -> Range<Int>? {
        guard let whole = try ranges(in: bytes, steps: &steps)?.first else { return nil }
        // `\K` may have set the start behind the end.
        return whole ?? bytes.count..<bytes.count
    }

    /// The first match and its groups; nil without a match.
    ///
    /// A group that did not take part is nil. Throws `.limit`.
    package func groups(in text: String) throws(PatternError) -> [String?]? {
        let bytes = Array(text.utf8)
        var steps = Self.stepLimit(bytes: bytes.count)
        return try ranges(in: bytes, steps: &steps)?.map { range in
            range.map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    private func ranges(in bytes: [UInt8], steps: inout Int) throws(PatternError) -> [Range<Int>?]? {
        // A match may end before its first step.
        guard steps > 0 else { throw .limit }
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil), let context = Self.context() else {
            throw .limit
        }
        defer {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }
        var counter = StepCounter(left: steps)
        defer { steps = max(0, counter.left) }
        var count = match(bytes, data, context, &counter)
        if count == PCRE2_ERROR_JIT_STACKLIMIT {
            // The small stack of compiled code is for short texts; the pages of a large one are taken as they are used.
            guard let stack = pcre2_jit_stack_create_8(1 << 16, Self.stackLimit, nil) else { throw .limit }
            defer { pcre2_jit_stack_free_8(stack) }
            pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack))
            count = match(bytes, data, context, &counter)
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

    private func match(
        _ bytes: [UInt8],
        _ data: OpaquePointer,
        _ context: OpaquePointer,
        _ counter: inout StepCounter
    ) -> Int32 {
        withUnsafeMutablePointer(to: &counter) { counter in
            pcre2_set_callout_8(context, StepCounter.callout, UnsafeMutableRawPointer(counter))
            return bytes.withUnsafeBufferPointer { buffer in
                pcre2_match_8(code, buffer.baseAddress ?? Self.nothing, buffer.count, 0, 0, data, context)
            }
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
        pcre2_set_depth_limit_8(context, matchLimit)
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
