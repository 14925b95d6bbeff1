package import Runtime

/// The built `sentinel` program, for tests that run it.
package enum SentinelBinary {
    /// The output of a finished run.
    package struct Output: Sendable, Equatable {
        package let standardOutput: String
        package let standardError: String
        /// The exit code; 128 plus the signal's number when a signal ended it.
        package let code: Int32
    }

    /// The path of the program, beside the test bundle.
    package static var path: String {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? ".build/debug/tests.xctest"
        let folder = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return folder + "/sentinel"
    }

    /// Runs the program to its end, or kills it after `timeout`.
    ///
    /// The environment has only the given variables.
    package static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        folder: String? = nil,
        timeout: Duration = .seconds(60)
    ) async throws(Errno) -> Output {
        try await start(arguments, environment: environment, folder: folder).wait(timeout: timeout)
    }

    /// Starts the program; the caller ends it.
    package static func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        folder: String? = nil
    ) throws(Errno) -> RunningProcess {
        try RunningProcess(path: path, arguments: arguments, environment: environment, folder: folder)
    }
}
