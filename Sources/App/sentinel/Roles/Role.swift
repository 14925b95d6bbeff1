/// A part of the pipeline that can run in a process of its own.
enum Role: String, CaseIterable, Sendable {
    case api, scheduler, worker, processor, alerter

    /// What it does, for people.
    var summary: String {
        switch self {
        case .api: "Serves the API and the pages, and receives pings."
        case .scheduler: "Publishes the checks that fall due; one of several leads."
        case .worker: "Makes the checks of its region; needs the broker only."
        case .processor: "Stores the results of checks."
        case .alerter: "Judges results, opens and closes incidents, evaluates rules, and sends notifications."
        }
    }

    /// Whether it reads or writes the database.
    var usesDatabase: Bool { self != .worker }
}
