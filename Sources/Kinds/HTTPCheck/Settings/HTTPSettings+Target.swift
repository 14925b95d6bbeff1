extension HTTPSettings {
    /// A hash of the URL's scheme, host and port, for limits per target; URLs of one origin share it.
    ///
    /// FNV-1a over everything before the path: a collision only makes two targets share a limit.
    package var targetKey: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var slashes = 0
        for byte in url.utf8 {
            if byte == UInt8(ascii: "/") {
                slashes += 1
                if slashes == 3 { break }
            } else if slashes >= 2, byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                break
            }
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return hash
    }
}
