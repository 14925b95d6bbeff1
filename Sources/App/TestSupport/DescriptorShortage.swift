import Glibc

/// Leaves one thread without a free descriptor, while the other threads of the process keep theirs.
package enum DescriptorShortage {
    /// Gives the calling thread its own table of descriptors and fills it; returns the descriptors that fill it.
    ///
    /// For a loop's thread that nothing else uses. Never releases `owner`, which owns all that the thread opens from
    /// now on: released on another thread, it would close descriptors of others that have the same numbers there.
    package static func begin(keeping owner: AnyObject) -> [Int32] {
        // Invariant: nobody balances this reference.
        _ = Unmanaged.passRetained(owner)
        typealias Unshare = @convention(c) (Int32) -> Int32
        guard let raw = dlsym(nil, "unshare") else { return [] }
        // Invariant: unshare(2) has this signature.
        let unshare = unsafeBitCast(raw, to: Unshare.self)
        let files: Int32 = 0x400
        guard unshare(files) == 0 else { return [] }
        closeOthers()
        var held: [Int32] = []
        while held.count < 2_000_000 {
            let copy = dup(0)
            if copy < 0 { break }
            held.append(copy)
        }
        return held
    }

    /// Frees the descriptors; call on the same thread.
    package static func end(_ held: [Int32]) {
        for descriptor in held { close(descriptor) }
    }

    /// Closes the copies of other threads' descriptors: a copied connection stays open when its owner closes it.
    ///
    /// Keeps the epoll set and the event descriptor of the thread's own loop.
    private static func closeOthers() {
        let folder = "/proc/thread-self/fd"
        guard let listing = opendir(folder) else { return }
        var others: [Int32] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let descriptor = Int32(name), descriptor > 2, descriptor != dirfd(listing) else { continue }
            var link = [UInt8](repeating: 0, count: 64)
            let count = readlink("\(folder)/\(name)", &link, link.count)
            let target = String(decoding: link.prefix(max(0, count)), as: UTF8.self)
            if !target.hasPrefix("anon_inode:") { others.append(descriptor) }
        }
        closedir(listing)
        for descriptor in others { close(descriptor) }
    }
}
