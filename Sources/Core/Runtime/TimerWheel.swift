/// Identifies one armed timer; invalid once the timer fired or was cancelled.
package struct TimerToken: Sendable, Hashable {
    fileprivate let index: Int32
    fileprivate let generation: UInt32
}

/// A hierarchical timing wheel: arming, cancelling and firing cost the same with ten timers as with a million.
///
/// Four levels of 256 slots cover 2^32 ticks; later timers wait in the last level and are placed again when it wraps
/// (Varghese and Lauck, "Hashed and hierarchical timing wheels", scheme 7). The owner defines the length of a tick.
package struct TimerWheel<Payload> {
    private struct Entry {
        var payload: Payload?
        var expiry: UInt64 = 0
        var next: Int32 = -1
        var previous: Int32 = -1
        var slot: Int32 = -1
        var generation: UInt32 = 0
    }

    private static var levels: Int { 4 }
    private static var slotsPerLevel: Int { 256 }

    private var entries: [Entry] = []
    private var free: Int32 = -1
    private var heads: [Int32]
    private var tails: [Int32]
    private var occupied: [UInt64]
    /// How many timers are armed.
    package private(set) var count = 0
    /// The last tick whose timers have been returned.
    package private(set) var current: UInt64

    package init(startingAt tick: UInt64 = 0) {
        current = tick
        let slots = Self.levels * Self.slotsPerLevel
        heads = Array(repeating: -1, count: slots)
        tails = heads
        occupied = Array(repeating: 0, count: slots / 64)
    }

    /// Arms a timer for `tick`; one in the past fires at the next tick.
    package mutating func arm(at tick: UInt64, _ payload: Payload) -> TimerToken {
        let index: Int32
        if free >= 0 {
            index = free
            free = entries[Int(index)].next
        } else {
            index = Int32(entries.count)
            entries.append(Entry())
        }
        entries[Int(index)].payload = payload
        entries[Int(index)].expiry = max(tick, current + 1)
        place(index)
        count += 1
        return TimerToken(index: index, generation: entries[Int(index)].generation)
    }

    /// Disarms a timer; nil when it fired or was cancelled before.
    @discardableResult
    package mutating func cancel(_ token: TimerToken) -> Payload? {
        let index = Int(token.index)
        guard index < entries.count, entries[index].generation == token.generation, entries[index].slot >= 0 else {
            return nil
        }
        unlink(token.index)
        return release(token.index)
    }

    /// The next due payload up to and including `tick`, in order of expiry; nil when there is none left.
    ///
    /// Call until it returns nil: only then has the wheel moved to `tick`.
    package mutating func popExpired(through tick: UInt64) -> Payload? {
        while true {
            let index = heads[Int(current & 255)]
            if index >= 0 {
                unlink(index)
                return release(index)
            }
            guard current < tick else { return nil }
            guard let next = nextTick, next <= tick else {
                current = tick
                return nil
            }
            current = next
            cascade()
        }
    }

    /// Moves an empty wheel forward, so that timers armed next are placed in the nearest levels.
    package mutating func advance(to tick: UInt64) {
        if count == 0 { current = max(current, tick) }
    }

    /// The earliest tick at which the wheel has anything to do; no timer expires before it.
    package var nextTick: UInt64? {
        guard count > 0 else { return nil }
        var earliest: UInt64?
        for level in 0..<Self.levels {
            let shift = UInt64(8 * level)
            let base = current >> shift
            guard let distance = distanceToOccupied(level: level, from: Int(base & 255)) else { continue }
            let tick = (base + UInt64(distance)) << shift
            if earliest.map({ tick < $0 }) ?? true { earliest = tick }
        }
        return earliest
    }

    /// The distance from the slot after `position` to the next occupied one: 1 to 256.
    private func distanceToOccupied(level: Int, from position: Int) -> Int? {
        let words = level * 4
        var distance = 1
        while distance <= 256 {
            let slot = (position + distance) & 255
            let word = occupied[words + slot >> 6] >> UInt64(slot & 63)
            if word != 0 {
                let found = distance + word.trailingZeroBitCount
                return found <= 256 ? found : nil
            }
            distance += 64 - slot & 63
        }
        return nil
    }

    private mutating func place(_ index: Int32) {
        let expiry = entries[Int(index)].expiry
        let delta = expiry - current
        let level = delta < 1 << 8 ? 0 : delta < 1 << 16 ? 1 : delta < 1 << 24 ? 2 : 3
        let tick = level == 3 ? min(expiry, current + (1 << 32) - (1 << 24)) : expiry
        link(index, slot: level * 256 + Int(tick >> UInt64(8 * level)) & 255)
    }

    private mutating func link(_ index: Int32, slot: Int) {
        let tail = tails[slot]
        entries[Int(index)].slot = Int32(slot)
        entries[Int(index)].previous = tail
        entries[Int(index)].next = -1
        if tail >= 0 { entries[Int(tail)].next = index } else { heads[slot] = index }
        tails[slot] = index
        occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    }

    private mutating func unlink(_ index: Int32) {
        let (slot, next, previous) = (
            Int(entries[Int(index)].slot), entries[Int(index)].next, entries[Int(index)].previous
        )
        if previous >= 0 { entries[Int(previous)].next = next } else { heads[slot] = next }
        if next >= 0 { entries[Int(next)].previous = previous } else { tails[slot] = previous }
        if heads[slot] < 0 { occupied[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
        entries[Int(index)].slot = -1
    }

    private mutating func release(_ index: Int32) -> Payload? {
        let payload = entries[Int(index)].payload.take()
        entries[Int(index)].generation &+= 1
        entries[Int(index)].next = free
        free = index
        count -= 1
        return payload
    }

    /// Redistributes the slots of the higher levels that begin at the current tick.
    private mutating func cascade() {
        for level in stride(from: Self.levels - 1, through: 1, by: -1) {
            let shift = UInt64(8 * level)
            guard current & ((1 << shift) - 1) == 0 else { continue }
            let slot = level * 256 + Int(current >> shift) & 255
            var index = heads[slot]
            heads[slot] = -1
            tails[slot] = -1
            occupied[slot >> 6] &= ~(1 << UInt64(slot & 63))
            while index >= 0 {
                let next = entries[Int(index)].next
                if entries[Int(index)].expiry <= current {
                    link(index, slot: Int(current & 255))
                } else {
                    place(index)
                }
                index = next
            }
        }
    }
}
