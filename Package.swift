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

/// A Swift target with the project's settings.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of one target.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["Base", "TestSupport"], swiftSettings: strict)
}

/// A C library of the distribution.
func library(_ name: String, _ pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
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
        .target(name: "CLinux"),
        .target(name: "CWebAssets", sources: ["assets.c"]),
        .target(name: "CNotifyProviders", sources: ["providers.c"]),
        // L1
        module("Base", ["CLinux"]),
        module("Arguments", ["Base"]),
        // L2
        module("Domain", ["Base"]),
        module("Runtime", ["Base", "CLinux"]),
        // L3: ports
        module("SQL", ["Base"]),
        module("Broker", ["Base", "Runtime"]),
        module("HTTPServer", ["Base", "CLinux", "COpenSSL", "Runtime"]),
        // L4: adapters
        module("SQLite", ["Base", "CSQLite", "Runtime", "SQL"]),
        module("HTTPClient", ["Base", "CCares", "CCurl", "CLinux", "COpenSSL", "Runtime"]),
        module("Probes", ["Base", "CCurl", "CLinux", "COpenSSL", "CZlib", "Domain", "HTTPClient", "Runtime"]),
        module("YAMLConfig", ["Base", "CYAML"]),
        module("ZoneInfo", ["Base", "Domain"]),
        module("Crypto", ["Base", "COpenSSL"]),
        module(
            "Notify",
            ["Base", "CNotifyProviders", "COpenSSL", "Domain", "HTTPClient", "YAMLConfig"]
        ),
        // L5: uses
        module("PromQL", ["Base", "Domain", "HTTPClient"]),
        module("Storage", ["Base", "Domain", "SQL"]),
        module("Live", ["Base", "Domain", "Runtime"]),
        module("Pipeline", ["Base", "Broker", "Domain", "Probes", "Runtime", "SQL", "Storage"]),
        module("Scheduling", ["Base", "Broker", "Domain", "Pipeline", "Runtime", "Storage"]),
        module("Alerting", ["Base", "Broker", "Domain", "Live", "Pipeline", "Runtime", "SQL", "Storage", "ZoneInfo"]),
        module(
            "API",
            [
                "Alerting", "Base", "Broker", "CWebAssets", "Domain", "HTTPServer", "Live", "Notify", "Pipeline",
                "PromQL", "Runtime", "Storage", "ZoneInfo",
            ]
        ),
        // L6
        .executableTarget(
            name: "sentinel",
            dependencies: [
                "API", "Alerting", "Arguments", "Base", "Broker", "CLinux", "Crypto", "Domain", "HTTPClient",
                "HTTPServer", "Live", "Notify", "Pipeline", "Probes", "PromQL", "Runtime", "SQL", "SQLite",
                "Scheduling", "Storage", "YAMLConfig", "ZoneInfo",
            ],
            swiftSettings: strict
        ),
        .executableTarget(name: "sentinel-bench", dependencies: ["Base"], swiftSettings: strict),
        // tests
        .target(
            name: "TestSupport",
            dependencies: ["Base", "CLinux", "COpenSSL", "Domain", "Runtime", "SQL", "SQLite"],
            swiftSettings: strict
        ),
        tests("BaseTests", []),
        tests("ArgumentsTests", ["Arguments"]),
        tests("DomainTests", ["Domain"]),
        tests("RuntimeTests", ["Runtime", "CLinux"]),
        tests("StorageTests", ["Domain", "SQL", "SQLite", "Storage", "Runtime"]),
        tests("BrokerTests", ["Broker", "Runtime"]),
        tests("HTTPServerTests", ["HTTPServer", "Runtime"]),
        tests("ProbesTests", ["Domain", "HTTPClient", "Probes", "Runtime"]),
        tests("PromQLTests", ["Domain", "HTTPClient", "PromQL", "Runtime"]),
        tests("ZoneInfoTests", ["Domain", "ZoneInfo"]),
        tests("CryptoTests", ["Crypto"]),
        tests("NotifyTests", ["Domain", "HTTPClient", "Notify", "Runtime", "YAMLConfig"]),
        tests("ConfigurationTests", ["YAMLConfig", "sentinel"]),
        tests(
            "PipelineTests",
            ["Broker", "Domain", "Pipeline", "Probes", "Runtime", "Scheduling", "SQL", "SQLite", "Storage"]
        ),
        tests("LiveTests", ["Domain", "Live", "Runtime"]),
        tests(
            "AlertingTests",
            ["Alerting", "Broker", "Domain", "Live", "Pipeline", "Runtime", "SQL", "SQLite", "Storage", "ZoneInfo"]
        ),
        tests(
            "APITests",
            [
                "API", "Alerting", "Broker", "Domain", "HTTPServer", "Live", "Notify", "Pipeline", "PromQL", "Runtime",
                "SQL", "SQLite", "Storage",
            ]
        ),
        tests("IntegrationTests", ["Domain", "HTTPClient", "Runtime", "sentinel"]),
    ],
    cLanguageStandard: .gnu2x
)
