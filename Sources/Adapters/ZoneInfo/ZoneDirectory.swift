import Glibc

/// The folder of the zone files; its functions block.
enum ZoneDirectory {
    /// Limits the cost of a folder that holds something else.
    private static let entryLimit = 5000
    private static let depthLimit = 3

    /// Whether a path leads to a regular file, also through links.
    static func isFile(_ path: String) -> Bool { kind(of: path) == S_IFREG }

    /// The names of the zones in a folder, ascending; always includes `UTC`.
    static func names(in directory: String) -> [String] {
        var (names, left): (Set<String>, Int) = (["UTC"], entryLimit)
        collect(directory, prefix: "", depth: 1, &names, &left)
        return names.sorted()
    }

    private static func collect(
        _ directory: String,
        prefix: String,
        depth: Int,
        _ names: inout Set<String>,
        _ left: inout Int
    ) {
        for entry in entries(of: directory, limit: left) {
            left -= 1
            let name = prefix + entry
            guard ZoneName.isValid(name) else { continue }
            let path = "\(directory)/\(entry)"
            switch kind(of: path) {
            case S_IFREG: names.insert(name)
            case S_IFDIR where depth < depthLimit && left > 0:
                collect(path, prefix: name + "/", depth: depth + 1, &names, &left)
            default: break
            }
        }
    }

    private static func entries(of directory: String, limit: Int) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var entries: [String] = []
        while entries.count < limit, let entry = readdir(stream) {
            entries.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { name in
                    String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
                }
            )
        }
        return entries
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
