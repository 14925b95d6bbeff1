import Base
import Testing

@Suite struct CollectionTests {
    @Test(arguments: 0..<10) func ringBufferIsAQueue(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var buffer = RingBuffer<Int>()
        var model: [Int] = []
        for step in 0..<2000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                buffer.append(step)
                model.append(step)
            case 2:
                buffer.prepend(step)
                model.insert(step, at: 0)
            default:
                let first = buffer.popFirst()
                #expect(first == (model.isEmpty ? nil : model.removeFirst()), "seed \(seed)")
            }
            #expect(buffer.count == model.count && buffer.first == model.first)
        }
    }

    @Test func identifiersAreVersion4() {
        let texts = (0..<1000).map { _ in UUID().description }
        #expect(Set(texts).count == 1000)
        for text in texts {
            let parts = text.split(separator: "-")
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
            #expect(parts[2].first == "4" && "89ab".contains(parts[3].first ?? "x"))
        }
    }

    @Test func contendedLockLosesNothing() async {
        final class Holder: Sendable { let count = Locked(0) }
        let holder = Holder()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<2000 { holder.count.withLock { $0 += 1 } } } }
        }
        #expect(holder.count.withLock { $0 } == 16_000)
    }

    @Test func healthNamesFailingParts() {
        let health = Health()
        #expect(health.isHealthy)
        health.set("store", .failing("disk full"))
        let since = health.snapshot[0].since
        health.set("store", .failing("disk full"))
        #expect(
            !health.isHealthy && health.snapshot[0].status == .failing("disk full") && health.snapshot[0].since == since
        )
        health.set("store", .ok)
        #expect(health.isHealthy)
    }
}
