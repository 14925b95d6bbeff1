/// The subjects of measurement.
enum Subject: String, CaseIterable {
    /// CPU per check against bare sockets and blackbox_exporter, and lateness.
    case cost
    /// Resident memory and start time with many monitors.
    case memory
    /// Bytes in the database file per stored result.
    case disk
    /// How long hung targets delay healthy ones.
    case isolation
    /// Memory and CPU of idle subscribers to live events.
    case live
    /// The time from a failing answer to the notification, one by one and for thousands at once.
    case alerting
    /// The time to preview settings over a month.
    case preview
    /// CPU of evaluating rules on Prometheus.
    case rules
    /// CPU of DNS checks, pings and TCP connections against bare sockets.
    case kinds
    /// Healthy monitors beside many on targets that never answer.
    case hung
    /// More monitors than the machine can check in time.
    case scale
    /// Results a second into PostgreSQL, and a day of one monitor out of it.
    case postgres
    /// CPU per check of the roles over PostgreSQL and a broker, beside the embedded server's.
    case cluster
    /// How late checks and notifications are when another process takes over.
    case takeover
    /// What is lost when every role and engine is killed ten times under load.
    case faults
    /// Memory and file descriptors over a long run.
    case soak

    /// Runs the measurement and adds its figures to the report.
    func run(_ options: Options, _ report: inout Report) throws {
        switch self {
        case .cost: try measureCost(options, &report)
        case .memory: try measureMemory(options, &report)
        case .disk: try measureDisk(options, &report)
        case .isolation: try measureIsolation(options, &report)
        case .live: try measureLive(options, &report)
        case .alerting: try measureAlerting(options, &report)
        case .preview: try measurePreview(options, &report)
        case .rules: try measureRules(options, &report)
        case .kinds: try measureKinds(options, &report)
        case .hung: try measureHung(options, &report)
        case .scale: try measureScale(options, &report)
        case .postgres: try measurePostgres(options, &report)
        case .cluster: try measureCluster(options, &report)
        case .takeover: try measureTakeover(options, &report)
        case .faults: try measureFaults(options, &report)
        case .soak: try measureSoak(options, &report)
        }
    }
}
