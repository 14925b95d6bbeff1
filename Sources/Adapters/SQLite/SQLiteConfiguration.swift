import Runtime

/// How a database file is opened and used.
package struct SQLiteConfiguration: Sendable {
    /// How long a statement waits for another process's lock before it fails with `.busy`.
    package var busyTimeout: Duration = .milliseconds(250)
    /// Page cache of each of the two connections.
    package var cacheBytes = 16 << 20
    /// Connections for long reads, opened when first needed.
    package var longReads = 2
    /// Page cache of each of those; small, because sequential reads do not read a page again.
    package var longReadCacheBytes = 1 << 20
    /// Page size of a new file in bytes.
    package var pageBytes = 4096
    /// Checkpoint the write-ahead log at this many pages (16 MB).
    ///
    /// A page that was written many times is copied once. With 50,000 monitors a limit four times as high would save a
    /// sixth of a result's cost, but the log would be larger than a day of a small installation's results.
    package var checkpointPages = 4000
    /// Size in bytes to which the write-ahead log is truncated after a checkpoint.
    package var journalLimit = 16 << 20
    /// The most pages of the file; nil sets no limit.
    package var maximumPages: Int?
    /// Makes the executor of a connection, whose jobs block.
    package var makeExecutor: @Sendable (_ label: String) -> any SerialExecutor = { QueueExecutor(label: $0) }

    /// The defaults suit a server.
    package init() {}
}
