import Arguments
import Base
import Domain
import HTTPCheck
import Runtime

/// `sentinel check URL`.
enum CheckCommand {
    static let command = Command<CommandAction>(
        "check",
        summary: "Checks a URL once, now, and shows where the time went.",
        discussion: """
            Exit code 0: up, 1: down, 2: the command line is wrong.

            Secrets on a command line can be seen by other users of the machine: give --basic and --bearer as @FILE, or \
            set SENTINEL_BASIC or SENTINEL_BEARER.
            """,
        options: CheckOptions.all,
        positionals: [CheckOptions.url.spec]
    ) { invocation, context in
        let spec = try CheckOptions.spec(invocation, context)
        let showsJSON = invocation[CheckOptions.json]
        return .task {
            let loop: EventLoop
            do throws(Errno) { loop = try EventLoop(name: "probe") } catch { throw CommandFailure("\(error)") }
            let runner = ProbeRunner(loop: loop)
            let started = Timestamp.now
            let outcome = await runner.run(spec)
            if showsJSON {
                context.output("\(json(spec, outcome, at: started))\n")
            } else {
                context.output(CheckReport(spec: spec, outcome: outcome, at: started, style: context.style).text)
            }
            return outcome.isSuccess ? .success : .failure
        }
    }

    /// The shape of every result; a check of no monitor has the monitor id 0.
    private static func json(_ spec: HTTPSpec, _ outcome: Outcome, at started: Timestamp) -> JSONValue {
        let result = CheckResult(
            monitorID: MonitorID(rawValue: 0),
            region: .local,
            scheduledAt: started,
            checkedAt: started,
            outcome: outcome
        )
        return result.json(region: "local", url: spec.url)
    }
}
