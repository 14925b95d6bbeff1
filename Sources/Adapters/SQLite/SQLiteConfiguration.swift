import Runtime

/// How a database file is opened and used.
package struct SQLiteConfiguration: Sendable {
    /// How long a statement waits for another process's lock before it fails with `.busy`.
    package var busyTimeout: Duration = .milliseconds(250)
    /// Memory for pages, for each of the two connections.
    package var cacheBytes = 16 << 20
    /// Connections for long reads, opened when they are first needed.
    package var longReads = 2
    /// Memory for pages, for each of those: what is read in order is not read again.
    package var longReadCacheBytes = 1 << 20
    /// Bytes of a page of a new file.
    package var pageBytes = 4096
    /// Pages in the write-ahead log at which it is copied back; 16 MB.
    ///
    /// Pages written many times are copied once. With 50,000 monitors four times as many would save a sixth of a
    /// result's cost, but the log would weigh more than a day of a small installation's results.
    package var checkpointPages = 4000
    /// Bytes that the write-ahead log is cut to after a checkpoint.
    package var journalLimit = 16 << 20
    /// Pages that the file may have; nil means no limit of its own.
    package var maximumPages: Int?
    /// Makes the executor of a connection; its jobs block.
    package var makeExecutor: @Sendable (_ label: String) -> any SerialExecutor = { QueueExecutor(label: $0) }

    /// The settings that suit a server.
    package init() {}
}
