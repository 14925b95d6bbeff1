import CLinux

/// Configures how the process's heap returns memory to the system.
package enum Heap {
    /// Limits what the C library keeps for itself; call it before the first thread starts.
    ///
    /// By default the library raises its mmap threshold each time it frees a mapped buffer, and gives every thread an
    /// arena: megabytes of batches then spread over several heaps that never shrink. With 100,000 monitors this was 35
    /// of 139 MB. A larger trim threshold avoids returning and requesting the same pages.
    package static func configure() {
        // The call fails only for values out of range (mallopt(3)); then the defaults apply.
        _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
        _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
        _ = mallopt(M_ARENA_MAX, 2)
    }
}
