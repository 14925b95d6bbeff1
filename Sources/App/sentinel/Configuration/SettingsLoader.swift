import Arguments
package import Base
import YAMLConfig

/// Finds and reads all sources of settings; blocks on small files, so call it at start.
package struct SettingsLoader: Sendable {
    /// The environment variables of the process.
    package var environment: [String: String]
    /// Flag values by name without dashes.
    package var flags: [String: String] = [:]
    /// The requested file; nil tries `SENTINEL_CONFIG`, then `sentinel.yaml` in the working directory.
    package var configPath: String?
    /// The requested `.env` file; nil reads the one in the working directory if it exists.
    package var dotEnvPath: String?

    package init(environment: [String: String]) { self.environment = environment }

    /// Resolves all settings.
    ///
    /// Throws `ConfigurationError` with every error and its location: a requested file that cannot be read, invalid
    /// syntax, unknown keys, invalid values, and beside them valid ones with which `serve` would not start.
    package func load() throws(ConfigurationError) -> Configuration {
        var sources = ConfigurationSources()
        sources.environment = environment
        sources.flags = flags
        var problems: [ConfigurationError.Problem] = []
        do throws(ConfigurationError) {
            if let bytes = try read(dotEnvPath, otherwise: ".env", limit: DotEnv.sizeLimit) {
                sources.dotEnv = try DotEnv(parsing: bytes, path: dotEnvPath ?? ".env")
            }
        } catch {
            problems += error.problems
        }
        let asked = configPath ?? environment["SENTINEL_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        do throws(ConfigurationError) {
            if let bytes = try read(asked, otherwise: "sentinel.yaml", limit: YAMLNode.Limits().bytes) {
                sources.filePath = asked ?? "sentinel.yaml"
                sources.fileEntries = try Self.entries(bytes, sources.filePath)
            }
        } catch {
            problems += error.problems
        }
        let found = Configuration.resolve(SettingKeys.all, from: sources, SettingKeys.otherVariables)
        let configuration = PostgresParts.joined(found.configuration)
        problems += found.problems
        if problems.isEmpty { return configuration }
        // Whoever mends these should not meet the next ones only then.
        throw ConfigurationError(problems + Settings(configuration).refusals.map { .refused($0) })
    }

    /// The bytes of a file, which must exist if it was requested.
    private func read(
        _ path: String?,
        otherwise standard: String,
        limit: Int
    ) throws(ConfigurationError) -> [UInt8]? {
        let bytes = try SmallFile.read(path ?? standard, limit: limit)
        if bytes == nil, let path {
            throw ConfigurationError(.unreadable(path: path, reason: "no such file"))
        }
        return bytes
    }

    private static func entries(_ bytes: [UInt8], _ path: String) throws(ConfigurationError) -> [ConfigurationFileEntry]
    {
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try YAMLNode.read(bytes)
        } catch {
            throw ConfigurationError(.syntax(path: path, line: error.line, reason: error.reason))
        }
        switch root {
        case nil, .scalar("", isPlain: true, _): return []
        case .mapping: return root?.configurationEntries ?? []
        case .scalar(_, _, let place), .sequence(_, let place):
            throw ConfigurationError(.syntax(path: path, line: place.line, reason: "expected 'key: value' pairs"))
        }
    }
}

/// The command-line options for settings.
enum SettingOptions {
    static let config = Option<String>(
        "config",
        .text("FILE"),
        help: "Settings file (default: sentinel.yaml if there)."
    )
    static let dotEnv = Option<String>("env-file", .text("FILE"), help: "Variables file (default: .env if there).")

    /// Both files and a flag for each of these settings; settings without a flag are skipped.
    static func options(for settings: [SettingSpec] = SettingKeys.all) -> [OptionSpec] {
        let flags = settings.compactMap { setting in
            setting.flag.map { flag in
                OptionSpec(
                    name: flag,
                    placeholder: setting.placeholder,
                    isSecret: setting.masking != .none,
                    expected: setting.expected,
                    choices: setting.choices,
                    // The loader reports invalid values, together with those of all other sources.
                    help: setting.help + (setting.defaultText.isEmpty ? "" : " Default: \(setting.defaultText).")
                )
            }
        }
        return [config.spec, dotEnv.spec] + flags
    }

    /// A loader with the flags of the command line.
    static func loader(_ invocation: Invocation, _ environment: [String: String]) -> SettingsLoader {
        var loader = SettingsLoader(environment: environment)
        loader.configPath = invocation[config]
        loader.dotEnvPath = invocation[dotEnv]
        for setting in SettingKeys.all {
            if let flag = setting.flag { loader.flags[flag] = invocation.text(ofOption: flag) }
        }
        return loader
    }
}
