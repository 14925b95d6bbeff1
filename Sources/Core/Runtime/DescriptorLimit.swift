import Glibc

/// The process's limit of open descriptors.
package enum DescriptorLimit {
    /// Raises the soft limit to the hard one and returns it.
    ///
    /// Whoever uses descriptors up must stop before: libdispatch ends a process in which it cannot open a file.
    package static func raise() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
