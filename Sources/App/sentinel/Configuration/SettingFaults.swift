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
        settings.given.flatMap { given -> [String] in
            guard !given.text.isEmpty, let entry = SettingKeys.byName[given.spec.name] else { return [] }
            return entry.faults(given.text, settings).map { "\(given.spec.name) (\(given.origin)): \($0)" }
        }
    }

    /// Why the API must not listen on an address.
    static func host(_ text: String) -> String? {
        guard !Settings.isLoopback(text) else { return nil }
        return "'\(text)' is not a loopback address: this version has no authentication yet, "
            + "so it listens on 127.0.0.1, ::1 or localhost only"
    }

    static func database(_ text: String) -> String? {
        guard case .postgres(let url)? = DatabaseLocation(text: text) else { return nil }
        return PostgresConfiguration.fault(url: url)
    }

    static func redis(_ text: String) -> String? {
        do throws(RedisURL.ParseError) { _ = try RedisURL(text) } catch { return error.reason }
        return nil
    }

    static func revocations(_ path: String) -> String? { TrustStore.fault(caFile: nil, crlFile: path) }
    static func authorities(_ path: String) -> String? { TrustStore.fault(caFile: path) }

    /// What is wrong with one of Kafka's variables, whatever the others say.
    static func kafka(_ variable: String) -> SettingEntry.Faults {
        { text, _ in
            do throws(ConfigurationError) { _ = try KafkaConfiguration(environment: [variable: text]) } catch {
                return error.problems.compactMap { problem in
                    guard case .invalid(variable, _, _, _) = problem else { return nil }
                    return problem.fault
                }
            }
            return []
        }
    }

    /// What is wrong with one of the variables that set channels up, beside the others that are in force.
    static func channel(_ variable: String) -> SettingEntry.Faults {
        { text, settings in
            guard let catalog = settings.catalog else { return [] }
            var variables = settings.channelVariables
            variables[variable] = text
            return channelFaults(variables, catalog).filter { $0.variable == variable }.map(\.reason)
        }
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
