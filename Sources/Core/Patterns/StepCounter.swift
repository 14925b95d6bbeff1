import CPCRE2

/// Counts the steps of a match: one for each item of the expression that is tried, and one for each 16 bytes between two.
///
/// PCRE2's own limits start again at each place of the text and do not count the bytes that an item runs over, so
/// `a*a*[xyz]` takes a second on 100 kB of `a` within them.
struct StepCounter {
    /// Below 0 when a match was ended.
    var left: Int
    private var position = 0

    init(left: Int) { self.left = left }

    private mutating func take(to next: Int) -> Bool {
        left -= 1 + abs(next - position) / 16
        position = next
        return left >= 0
    }

    /// What PCRE2 calls before each item of an expression; its second argument is the counter.
    static let callout:
        @convention(c) (UnsafeMutablePointer<pcre2_callout_block_8>?, UnsafeMutableRawPointer?) -> Int32 = {
            block,
            counter in
            guard let block, let counter else { return 0 }
            let steps = counter.assumingMemoryBound(to: StepCounter.self)
            return steps.pointee.take(to: block.pointee.current_position) ? 0 : PCRE2_ERROR_MATCHLIMIT
        }
}
