import CLinux

/// The environment variables that the process was started with.
package enum ProcessEnvironment {
    /// By name; of a name given twice the first value, with bytes that are not UTF-8 replaced.
    package static func read() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = CLinux_environment()
        while let text = entry?.pointee {
            let pair = String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                let name = String(pair[..<equals])
                if variables[name] == nil { variables[name] = String(pair[pair.index(after: equals)...]) }
            }
            entry = entry?.advanced(by: 1)
        }
        return variables
    }
}
