import Testing

/// Processes that are killed between any two steps of a delivery lose and repeat no notification.
@Suite(.timeLimit(.minutes(10))) struct KilledProcessTests {
    /// 25 stories of 40 kills: a thousand.
    @Test(arguments: 1...25) func fortyKillsLoseAndRepeatNoNotification(_ seed: UInt64) async throws {
        var story = try await KillStory(seed: seed)
        while story.kills < 40 { try await story.round() }
        try await story.end()
        let faults = try await story.faults()
        #expect(faults.isEmpty, "seed \(seed): \(faults.joined(separator: "; "))")
        #expect(story.outages.count > 5 && story.receiver.taken.count > 10, "seed \(seed) has no notifications")
    }
}
