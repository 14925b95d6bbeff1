import Base
import HTTPClient
import KafkaBroker
import Notify
import Postgres
import Redis

/// What keeps `serve` from starting with a value that its setting accepts, in words that follow its place.
///
/// Each value that is given is looked at, also one that a stronger source overrides. Blocks on the small files that
/// settings name.
enum SettingFaults {
    /// Every fault of a value, with its setting and place; never shows a secret.
    static func all(of settings: Settings) -> [String] {
        settings.given.flatMap { entry in
            faults(entry, settings).map { "\(entry.spec.name) (\(entry.origin)): \($0)" }
        }
    }

    private static func faults(_ entry: Configuration.Entry, _ settings: Settings) -> [String] {
        let text = entry.text
        guard !text.isEmpty else { return [] }
        switch entry.spec.name {
        case "api.host": return Settings.isLoopback(text) ? [] : [notLoopback(text)]
        case "database.url":
            guard case .postgres(let url)? = DatabaseLocation(text: text) else { return [] }
            return PostgresConfiguration.fault(url: url).map { [$0] } ?? []
        case "redis.url":
            do throws(RedisURL.ParseError) { _ = try RedisURL(text) } catch { return [error.reason] }
            return []
        case "probes.crl_file": return TrustStore.fault(caFile: nil, crlFile: text).map { [$0] } ?? []
        case "alerts.ca_file": return TrustStore.fault(caFile: text).map { [$0] } ?? []
        case "probes.tls_directory": return Settings.folderFault(text).map { [$0] } ?? []
        case "alerts.provider_directory": return Settings.providerFault(text).map { [$0] } ?? []
        case let name where name.hasPrefix("kafka."): return kafka(entry)
        case let name where name.hasPrefix("alerts."): return channel(entry, settings)
        default: return []
        }
    }

    private static func notLoopback(_ host: String) -> String {
        "'\(host)' is not a loopback address: this version has no authentication yet, "
            + "so it listens on 127.0.0.1, ::1 or localhost only"
    }

    /// What is wrong with one of Kafka's variables, whatever the others say.
    private static func kafka(_ entry: Configuration.Entry) -> [String] {
        guard let variable = entry.spec.environment.first else { return [] }
        do throws(ConfigurationError) { _ = try KafkaConfiguration(environment: [variable: entry.text]) } catch {
            return error.problems.compactMap { problem in
                guard case .invalid(variable, _, _, _) = problem else { return nil }
                return problem.fault
            }
        }
        return []
    }

    /// What is wrong with one of the variables that set channels up, beside the others that are in force.
    private static func channel(_ entry: Configuration.Entry, _ settings: Settings) -> [String] {
        guard let variable = entry.spec.environment.first, EnvironmentChannels.allVariables.contains(variable),
            let catalog = settings.catalog
        else { return [] }
        var variables = settings.channelVariables
        variables[variable] = entry.text
        return channelFaults(variables, catalog).filter { $0.variable == variable }.map(\.reason)
    }

    static func channelFaults(
        _ variables: [String: String],
        _ catalog: ProviderCatalog
    ) -> [EnvironmentChannels.ReadError] {
        switch EnvironmentChannels.channels({ variables[$0] }, catalog: catalog) {
        case .success: []
        case .failure(let faults): faults.all
        }
    }
}

extension Settings {
    /// Why `serve` must not start with these settings, for people; empty when it may start.
    ///
    /// Blocks on the small files that settings name.
    ///
    /// Secrets are added here once something depends on them (`environment == .production` refuses weak ones).
    package var refusals: [String] {
        var refusals = SettingFaults.all(of: self)
        if case .postgres = database, secretKey == nil {
            refusals.append(
                "secret_key (SECRET_KEY) is missing: on PostgreSQL there is no folder to keep a key in, and all "
                    + "processes need the same one; 'openssl rand -hex 32' makes one"
            )
        }
        if !kafkaVariables.isEmpty {
            do throws(ConfigurationError) { _ = try KafkaConfiguration(environment: kafkaVariables) } catch {
                for problem in error.problems {
                    guard case .refused(let text) = problem else { continue }
                    refusals.append(located(text) { $0.hasPrefix("kafka.") })
                }
            }
        }
        if prometheusToken != nil, prometheusUser != nil || prometheusPassword != nil {
            refusals.append(
                located("prometheus.token and prometheus.user are both set: Prometheus is shown one of them only") {
                    ["prometheus.token", "prometheus.user", "prometheus.password"].contains($0)
                }
            )
        } else if (prometheusUser == nil) != (prometheusPassword == nil) {
            refusals.append(
                located("prometheus.user and prometheus.password belong together: one of them is missing") {
                    ["prometheus.user", "prometheus.password"].contains($0)
                }
            )
        }
        return refusals + missingChannelSettings
    }

    /// What the variables that set channels up lack: a value's own faults are those of its setting.
    private var missingChannelSettings: [String] {
        guard let catalog else { return [] }
        return SettingFaults.channelFaults(channelVariables, catalog).compactMap { fault in
            guard channelVariables[fault.variable] == nil else { return nil }
            return located(fault.description) { name in
                guard let spec = SettingKeys.all.first(where: { $0.name == name }) else { return false }
                return EnvironmentChannels.isBeside(fault.variable, spec.environment.first ?? "")
            }
        }
    }

    /// A text with the places of the settings that it is about.
    private func located(_ text: String, _ isMeant: (_ name: String) -> Bool) -> String {
        var places: [String: SettingOrigin] = [:]
        // The last of a setting is the one in force.
        for entry in given where isMeant(entry.spec.name) { places[entry.spec.name] = entry.origin }
        guard !places.isEmpty else { return text }
        return text + " (" + places.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
            + ")"
    }

    /// The kinds of channels that there are.
    ///
    /// What is wrong with the files of further kinds is said elsewhere; the kinds that variables set up are built in.
    var catalog: ProviderCatalog? {
        (try? ProviderCatalog.load(directory: providerDirectory)) ?? (try? ProviderCatalog.load())
    }

    static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        guard let address = IPAddress(host) else { return false }
        return address.family == .v4 ? address.low >> 24 == 127 : address == IPAddress("::1")
    }
}
