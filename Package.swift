// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // Generic code of one target is specialized in another: a check costs a third less. Exclusive access is
    // enforced in debug builds, which all tests run on.
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A Swift target with the project's settings, in the folder of its layer: `layer/name`.
func module(_ path: String, _ dependencies: [Target.Dependency] = []) -> Target {
    let name = String(path.split(separator: "/").last ?? "")
    return .target(name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: strict)
}

/// A program.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/App/\(name)", swiftSettings: strict)
}

/// The tests of one target.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["Base", "TestSupport"], swiftSettings: strict)
}

/// A C library of the distribution.
func library(_ name: String, _ pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
    name: "sentinel",
    targets: [
        // L0: C libraries and shims, no logic
        library("CSQLite", "sqlite3", apt: "libsqlite3-dev"),
        library("CCurl", "libcurl", apt: "libcurl4-openssl-dev"),
        library("CCares", "libcares", apt: "libc-ares-dev"),
        library("COpenSSL", "openssl", apt: "libssl-dev"),
        library("CYAML", "yaml-0.1", apt: "libyaml-dev"),
        library("CZlib", "zlib", apt: "zlib1g-dev"),
        library("CBrotli", "libbrotlidec", apt: "libbrotli-dev"),
        library("CZstd", "libzstd", apt: "libzstd-dev"),
        library("CPCRE2", "libpcre2-8", apt: "libpcre2-dev"),
        library("CPostgres", "libpq", apt: "libpq-dev"),
        library("CHiredis", "hiredis", apt: "libhiredis-dev"),
        library("CRDKafka", "rdkafka", apt: "librdkafka-dev"),
        library("CIDN2", "libidn2", apt: "libidn2-dev"),
        .target(name: "CLinux", path: "Sources/C/CLinux"),
        .target(name: "CSimulation", path: "Sources/C/CSimulation"),
        .target(name: "CWebAssets", path: "Sources/C/CWebAssets", sources: ["assets.c"]),
        .target(name: "CNotifyProviders", path: "Sources/C/CNotifyProviders", sources: ["providers.c"]),
        // L1
        module("Core/Base", ["CLinux"]),
        module("Core/Arguments", ["Base"]),
        module("Core/Patterns", ["Base", "CPCRE2"]),
        // L2
        module("Core/Runtime", ["Base", "CLinux"]),
        module("Domain/Checks", ["Base", "Runtime"]),
        module("Domain/Domain", ["Base", "Checks", "Patterns"]),
        // L3: ports
        module("Ports/SQL", ["Base"]),
        module("Ports/Broker", ["Base", "Runtime"]),
        module("Ports/Lease", ["Base"]),
        module("Ports/Fleet", ["Base", "Runtime"]),
        module("Ports/Results", ["Base", "Domain", "SQL"]),
        module("Web/HTTPServer", ["Base", "CLinux", "COpenSSL", "Runtime"]),
        // L4: adapters
        module("Adapters/SQLite", ["Base", "CSQLite", "Runtime", "SQL"]),
        module("Adapters/Postgres", ["Base", "CPostgres", "Runtime", "SQL"]),
        module("Adapters/KafkaBroker", ["Base", "Broker", "CLinux", "CRDKafka", "Runtime"]),
        module("Adapters/PostgresResults", ["Base", "Domain", "Postgres", "Results", "SQL"]),
        module("Adapters/SQLiteResults", ["Base", "Domain", "Results", "Runtime", "SQL"]),
        module("Adapters/HTTPClient", ["Base", "CCares", "CCurl", "CIDN2", "CLinux", "COpenSSL", "Runtime"]),
        module("Adapters/Sockets", ["Base", "CLinux", "COpenSSL", "Checks", "HTTPClient", "Runtime"]),
        module(
            "Kinds/HTTPCheck",
            [
                "Base", "CBrotli", "CCurl", "CLinux", "COpenSSL", "CZlib", "CZstd", "Checks", "HTTPClient",
                "Patterns", "Runtime", "Sockets",
            ]
        ),
        module(
            "Adapters/Redis",
            ["Base", "CHiredis", "COpenSSL", "Checks", "Runtime", "Sockets"]
        ),
        module("Adapters/RedisBroker", ["Base", "Broker", "Redis", "Runtime"]),
        module("Kinds/TCPCheck", ["Base", "CLinux", "Checks", "Patterns", "Runtime", "Sockets"]),
        module("Kinds/TLSCheck", ["Base", "Checks", "Runtime", "Sockets"]),
        module("Adapters/Datagrams", ["Base", "CLinux", "Runtime"]),
        module("Kinds/DNSCheck", ["Base", "Checks", "Datagrams", "HTTPClient", "Patterns", "Runtime", "Sockets"]),
        module("Kinds/ICMPCheck", ["Base", "Checks", "Datagrams", "HTTPClient", "Runtime"]),
        module("Adapters/YAMLConfig", ["Base", "CYAML"]),
        module("Adapters/ZoneInfo", ["Base", "Domain"]),
        module("Kinds/PushCheck", ["Base", "Checks", "Domain", "Runtime", "ZoneInfo"]),
        module("Core/Crypto", ["Base", "COpenSSL"]),
        module(
            "Adapters/Notify",
            ["Base", "CNotifyProviders", "Crypto", "Domain", "HTTPClient", "YAMLConfig"]
        ),
        // L5: uses
        module("Adapters/PromQL", ["Base", "Domain", "HTTPClient"]),
        module("Roles/Storage", ["Base", "Domain", "Lease", "Results", "Runtime", "SQL"]),
        module("Roles/Live", ["Base", "Broker", "Domain", "Runtime"]),
        module("Ports/Messages", ["Base", "Broker", "Domain"]),
        module("Roles/Pipeline", ["Base", "Broker", "Domain", "Messages"]),
        module(
            "Adapters/RedisStores",
            ["Base", "Broker", "Domain", "Fleet", "Lease", "Pipeline", "Redis", "Runtime"]
        ),
        module("Roles/Worker", ["Base", "Broker", "Domain", "Messages", "Pipeline", "Runtime"]),
        module(
            "Roles/Processing",
            ["Base", "Broker", "Domain", "Messages", "Pipeline", "Results", "Runtime", "SQL", "Storage"]
        ),
        module(
            "Roles/Scheduling",
            ["Base", "Broker", "Domain", "Lease", "Messages", "Pipeline", "Runtime", "Storage"]
        ),
        module(
            "Roles/Alerting",
            [
                "Base", "Broker", "Domain", "Lease", "Live", "Messages", "Pipeline", "Results", "Runtime", "SQL",
                "Storage", "ZoneInfo",
            ]
        ),
        module(
            "Roles/Push",
            ["Base", "Broker", "Domain", "Messages", "PushCheck", "Results", "Runtime", "SQL", "Storage", "ZoneInfo"]
        ),
        module(
            "Web/API",
            [
                "Alerting", "Base", "Broker", "CWebAssets", "Domain", "Fleet", "HTTPServer", "Live", "Messages",
                "Notify", "Pipeline", "PromQL", "Push", "Results", "Runtime", "Storage", "ZoneInfo",
            ]
        ),
        // L6
        program(
            "sentinel",
            [
                "API", "Alerting", "Arguments", "Base", "Broker", "CLinux", "Crypto", "DNSCheck", "Domain",
                "Fleet", "HTTPClient", "HTTPServer", "HTTPCheck", "ICMPCheck", "KafkaBroker", "Lease", "Live",
                "Messages",
                "Notify", "Pipeline",
                "Postgres", "PostgresResults", "Processing", "PromQL", "Push", "PushCheck", "Redis", "RedisBroker",
                "RedisStores",
                "Results", "Runtime", "SQL",
                "SQLite",
                "SQLiteResults", "Scheduling", "Storage", "TCPCheck", "TLSCheck", "Worker", "YAMLConfig", "ZoneInfo",
            ]
        ),
        program(
            "sentinel-bench",
            [
                "Base", "Checks", "DNSCheck", "Domain", "ICMPCheck", "Postgres", "PostgresResults", "Results",
                "Runtime",
                "SQL", "Storage", "TCPCheck",
            ]
        ),
        program(
            "sentinel-simulate",
            [
                "Alerting", "Base", "Broker", "CSimulation", "Domain", "Lease", "Messages", "Pipeline", "Processing",
                "Results", "Runtime", "SQL", "SQLite", "SQLiteResults", "Scheduling", "Storage", "Worker",
            ]
        ),
        // tests
        module(
            "App/TestSupport",
            [
                "Base", "Broker", "CLinux", "COpenSSL", "Checks", "Domain", "HTTPCheck", "KafkaBroker", "Postgres",
                "PostgresResults", "Redis", "RedisBroker", "Results",
                "Runtime", "SQL", "SQLite", "SQLiteResults", "Storage",
            ]
        ),
        tests("BaseTests", []),
        tests("ArgumentsTests", ["Arguments"]),
        tests("PatternsTests", ["Patterns"]),
        tests("ChecksTests", ["Checks", "Runtime"]),
        tests("DomainTests", ["Domain", "HTTPCheck"]),
        tests("RuntimeTests", ["Runtime", "CLinux"]),
        tests(
            "StorageTests",
            ["Domain", "HTTPCheck", "Results", "SQL", "SQLite", "SQLiteResults", "Storage", "Runtime"]
        ),
        tests("PostgresTests", ["Postgres", "SQL"]),
        tests("KafkaBrokerTests", ["Broker", "CRDKafka", "Domain", "HTTPCheck", "KafkaBroker", "Messages"]),
        tests(
            "RedisTests",
            [
                "Broker", "Domain", "Fleet", "HTTPCheck", "Lease", "Messages", "Pipeline", "Redis", "RedisBroker",
                "RedisStores", "Runtime",
            ]
        ),
        tests("BrokerTests", ["Broker", "Runtime"]),
        tests("FleetTests", ["Fleet", "Redis", "RedisStores", "Runtime"]),
        tests("HTTPServerTests", ["HTTPServer", "Runtime"]),
        tests("HTTPCheckTests", ["Domain", "HTTPClient", "HTTPCheck", "Runtime"]),
        tests("SocketsTests", ["Checks", "HTTPClient", "Runtime", "Sockets"]),
        tests("TCPCheckTests", ["Checks", "Runtime", "Sockets", "TCPCheck"]),
        tests("TLSCheckTests", ["Checks", "Runtime", "Sockets", "TLSCheck"]),
        tests("DNSCheckTests", ["Checks", "DNSCheck", "Datagrams", "Runtime"]),
        tests("ICMPCheckTests", ["CLinux", "Checks", "Datagrams", "ICMPCheck", "Runtime"]),
        tests("PushCheckTests", ["Domain", "PushCheck", "ZoneInfo"]),
        tests("PromQLTests", ["Domain", "HTTPClient", "PromQL", "Runtime"]),
        tests("ZoneInfoTests", ["Domain", "ZoneInfo"]),
        tests("CryptoTests", ["Crypto"]),
        tests("NotifyTests", ["Domain", "HTTPClient", "Notify", "Runtime", "YAMLConfig"]),
        tests("ConfigurationTests", ["Checks", "YAMLConfig", "sentinel"]),
        tests(
            "PipelineTests",
            [
                "Broker", "Domain", "HTTPCheck", "Messages", "Pipeline", "Processing", "PushCheck", "Results",
                "Runtime", "Scheduling", "SQL", "SQLite", "SQLiteResults", "Storage", "Worker",
            ]
        ),
        tests(
            "RolesTests",
            [
                "Alerting", "Broker", "Domain", "HTTPCheck", "Lease", "Messages", "Pipeline", "Processing", "Results",
                "Runtime", "SQL", "SQLite", "SQLiteResults", "Scheduling", "Storage", "Worker",
            ]
        ),
        tests("LiveTests", ["Broker", "Domain", "Live", "Runtime"]),
        tests(
            "AlertingTests",
            [
                "Alerting", "Broker", "Domain", "Lease", "Live", "Messages", "Pipeline", "Processing", "Push",
                "PushCheck", "Results", "Runtime", "SQL", "SQLite", "SQLiteResults", "Storage", "ZoneInfo",
            ]
        ),
        tests(
            "APITests",
            [
                "API", "Alerting", "Broker", "Domain", "Fleet", "HTTPCheck", "HTTPServer", "Live", "Messages", "Notify",
                "Pipeline", "Processing", "PromQL", "Push", "PushCheck", "Results", "Runtime", "SQL", "SQLite",
                "SQLiteResults", "Storage", "ZoneInfo",
            ]
        ),
        tests(
            "IntegrationTests",
            ["Arguments", "Domain", "HTTPCheck", "HTTPClient", "Redis", "Runtime", "SQLite", "sentinel"]
        ),
    ],
    cLanguageStandard: .gnu2x
)
