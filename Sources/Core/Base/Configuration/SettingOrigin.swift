/// Where the value of a setting came from, weakest first.
package enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
    case `default`
    case file(path: String, line: Int)
    case dotEnv(path: String, line: Int)
    case environment(variable: String)
    case flag(name: String)

    /// `default`, `sentinel.yaml:7`, `.env line 3`, `environment API_PORT`, `flag --port`.
    package var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .dotEnv(let path, let line): "\(path) line \(line)"
        case .environment(let variable): "environment \(variable)"
        case .flag(let name): "flag --\(name)"
        }
    }
}
