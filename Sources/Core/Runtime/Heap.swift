import CLinux

/// How the process's heap gives memory back.
package enum Heap {
    /// Bounds what the C library keeps for itself; to be called before the first thread starts.
    ///
    /// Left alone, it raises the size from which a buffer is mapped on its own each time one is freed, and gives every
    /// thread an arena: megabytes of batches then lie scattered over several heaps that never shrink. With 100,000
    /// monitors this was 35 of 139 MB. A larger margin at the top of an arena spares giving and taking the same pages.
    package static func configure() {
        // The numbers are refused only when they are out of range (mallopt(3)); then the defaults hold.
        _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
        _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
        _ = mallopt(M_ARENA_MAX, 2)
    }
}
