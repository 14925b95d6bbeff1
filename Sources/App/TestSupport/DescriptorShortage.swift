import Glibc

/// A thread without a free descriptor, while the others of the process have all of theirs.
package enum DescriptorShortage {
    /// Gives the calling thread a table of descriptors of its own and fills it up; returns what fills it.
    ///
    /// For a loop's thread whose loop nothing else uses.
    package static func begin() -> [Int32] {
        typealias Unshare = @convention(c) (Int32) -> Int32
        guard let raw = dlsym(nil, "unshare") else { return [] }
        // Invariant: this is the signature that unshare(2) has.
        let unshare = unsafeBitCast(raw, to: Unshare.self)
        let files: Int32 = 0x400
        guard unshare(files) == 0 else { return [] }
        var held: [Int32] = []
        while held.count < 2_000_000 {
            let copy = dup(0)
            if copy < 0 { break }
            held.append(copy)
        }
        return held
    }

    /// Frees them; call on the same thread.
    package static func end(_ held: [Int32]) {
        for descriptor in held { close(descriptor) }
    }
}
