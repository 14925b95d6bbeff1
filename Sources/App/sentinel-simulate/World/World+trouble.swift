import Base

/// What happens to whole processes.
extension World {
    /// Lets things go wrong for some time.
    func trouble(for length: Duration) async {
        chance.trouble = chance.pick([0.3, 1, 1, 3]) ?? 1
        let pause = chance.duration(.seconds(60)...(.seconds(600)))
        let setsClocks = chance.coin(0.3)
        let end = clock.now.advanced(by: length)
        if chance.coin(0.7) { Task { await toggleLater(within: length) } }
        if chance.coin(0.4) { Task { await stopScheduling(within: length) } }
        while clock.now < end {
            try? await clock.sleep(for: chance.duration(.seconds(1)...(pause * 2)))
            guard let victim = chance.pick(processes.filter(mayFail)) else { continue }
            victim.isInTrouble = true
            Task { await befall(victim, setsClocks: setsClocks) }
        }
    }

    private func toggleLater(within length: Duration) async {
        try? await clock.sleep(for: chance.duration(.seconds(60)...(length / 2)))
        await toggle()
    }

    /// Has nobody schedule for half a minute up to an hour: both schedulers are killed, or have no store for their lease.
    private func stopScheduling(within length: Duration) async {
        try? await clock.sleep(for: chance.duration(.seconds(60)...(length / 2)))
        let schedulers = processes.filter { $0.node.role == .scheduler }
        guard schedulers.allSatisfy(mayFail) else { return }
        for process in schedulers { process.isInTrouble = true }
        chance.count(.leaderless)
        let areKilled = chance.coin()
        Simulator.shared.say("nobody schedules: the schedulers are \(areKilled ? "killed" : "cut off from the store")")
        let begin = Simulator.shared.wall
        for process in schedulers {
            if areKilled { process.node.kill() } else { process.node.cut(.store) }
        }
        try? await clock.sleep(for: chance.duration(.seconds(30)...(.seconds(3600))))
        for process in schedulers {
            if areKilled {
                await process.node.evict()
                replace(process)
            } else {
                process.node.mend(.store)
            }
        }
        // Longer than a lease lasts, and than a scheduler takes to begin.
        try? await clock.sleep(for: .seconds(60))
        leaderless.append((begin, Simulator.shared.wall))
        Simulator.shared.say("somebody schedules again")
        for process in schedulers { process.isInTrouble = false }
    }

    /// One process of a role at a time: what nobody does is not made up for.
    private func mayFail(_ process: SimulatedProcess) -> Bool {
        let peers = processes.filter { $0.node.role == process.node.role }
        let minute: Int64 = 60_000_000_000
        return peers.count == 2
            && peers.allSatisfy {
                !$0.isInTrouble && $0.hasStarted && Simulator.shared.elapsed - $0.startedAt > minute
            }
    }

    private func befall(_ process: SimulatedProcess, setsClocks: Bool) async {
        let node = process.node
        var events: [Fault] = [.killed, .killed, .suspended, .brokerCut, .storeCut, .restarted]
        if setsClocks { events.append(.clockSet) }
        // What an alerter holds back while another one has its partitions is what leases are for.
        if node.role == .alerter { events += [.suspended, .suspended, .suspended] }
        if node.role == .worker { events += [.restarted, .restarted, .restarted] }
        guard let event = chance.pick(events) else { return }
        chance.count(event)
        Simulator.shared.say("\(event.rawValue): \(node.name)")
        switch event {
        case .killed:
            await within(node) { node.kill() }
            await bury(process)
        case .restarted:
            await within(node) {}
            await process.stop(within: .seconds(60))
            await node.evict()
            replace(process)
        case .suspended:
            await within(node) { node.suspend() }
            let isLong = chance.coin(node.role == .alerter ? 0.8 : 0.5)
            await absent(
                node,
                for: chance.duration(isLong ? .seconds(120)...(.seconds(900)) : .milliseconds(100)...(.seconds(30)))
            )
            node.resume()
        case .brokerCut:
            node.cut(.broker)
            await absent(node, for: chance.duration(.milliseconds(100)...(.seconds(600))))
            node.mend(.broker)
        case .storeCut:
            node.cut(.store)
            try? await clock.sleep(for: chance.duration(.milliseconds(100)...(.seconds(600))))
            node.mend(.store)
        case .clockSet: await setClock(of: node)
        default: break
        }
        if node.role == .scheduler { try? await clock.sleep(for: .seconds(60)) }
        Simulator.shared.say("over: \(event.rawValue): \(node.name)")
        process.isInTrouble = false
    }

    /// The broker notices after some time that a process does not answer.
    private func absent(_ node: Node, for time: Duration) async {
        let patience = chance.duration(.seconds(5)...(.seconds(45)))
        try? await clock.sleep(for: min(time, patience))
        guard time > patience else { return }
        await node.evict()
        try? await clock.sleep(for: time - patience)
    }

    /// Does something to a process: in the middle of its work, or at any time.
    private func within(_ node: Node, _ action: @escaping () -> Void) async {
        var isDone = false
        if chance.coin(0.8) {
            let burn = {
                isDone = true
                action()
            }
            if node.role.usesStore, chance.coin(0.7) {
                node.armTransaction(burn)
            } else {
                node.arm(after: chance.number(0...20), burn)
            }
            let deadline = clock.now.advanced(by: .seconds(300))
            while !isDone, clock.now < deadline { try? await clock.sleep(for: .milliseconds(200)) }
            node.disarm()
        }
        if !isDone { action() }
    }

    private func bury(_ process: SimulatedProcess) async {
        try? await clock.sleep(for: chance.duration(.milliseconds(1)...(.seconds(45))))
        await process.node.evict()
        try? await clock.sleep(for: chance.duration(.milliseconds(1)...(.seconds(120))))
        replace(process)
    }

    private func replace(_ process: SimulatedProcess) {
        processes.removeAll { $0 === process }
        launch(process.node.role)
    }

    /// A scheduler notices that; the others keep within what they take for small.
    private func setClock(of node: Node) async {
        let longest: Duration = node.role == .scheduler ? .seconds(600) : .seconds(30)
        let step = chance.duration(.milliseconds(100)...longest)
        node.clockError = chance.coin() ? step : .zero - step
        try? await clock.sleep(for: chance.duration(.seconds(1)...(.seconds(1200))))
        node.clockError = .zero
    }
}
