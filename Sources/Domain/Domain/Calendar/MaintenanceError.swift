import Base

/// Why a maintenance window is invalid.
package enum MaintenanceError: Error, Sendable, Equatable, CustomStringConvertible {
    case endsBeforeItBegins
    case validityEndsBeforeItBegins
    case noDuration
    /// Longer than `MaintenanceWindow.durationLimit`.
    case tooLong
    case noWeekdays
    /// Occurrences follow each other almost without a pause.
    case withoutPause
    case cron(CronError)

    package var description: String {
        switch self {
        case .endsBeforeItBegins: "the window must end after it begins"
        case .validityEndsBeforeItBegins: "the window's validity must end after it begins"
        case .noDuration: "the window's duration must be positive"
        case .tooLong: "the window's duration may be \(MaintenanceWindow.durationLimit.text) at most"
        case .noWeekdays: "the window needs at least one weekday"
        case .withoutPause:
            """
            over \(Recurrence.runLimit) occurrences of the window, or over \(Recurrence.runSpan.text) of them, \
            follow one another without a pause; let it begin less often, or pause the monitors
            """
        case .cron(let fault): "cron expression: \(fault)"
        }
    }
}
