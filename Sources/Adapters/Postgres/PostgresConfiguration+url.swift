import CPostgres
package import SQL

/// Addresses: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE&…`, with libpq's parameters.
extension PostgresConfiguration {
    /// Reads an address as libpq does; `postgresql:` and the names that Python's drivers use begin one, too.
    ///
    /// Throws `.unavailable` for text that cannot be used. The error contains no value, since it may be a password.
    package init(url: String) throws(SQLError) {
        let options = try Self.options(url)
        if let fault = Self.fault(of: options) {
            throw .unavailable("the address of the database cannot be used: \(fault)")
        }
        self.init(parameters: options)
    }

    /// What is wrong with an address, without its values; nil when nothing is.
    package static func fault(url: String) -> String? {
        do throws(SQLError) {
            return fault(of: try options(url))
        } catch {
            if case .unavailable(let reason) = error { return reason }
            return "\(error)"
        }
    }

    /// The server and the database, for people; without the password.
    package var name: String {
        let host = parameters["host"].flatMap { $0.isEmpty ? nil : $0 } ?? parameters["hostaddr"] ?? ""
        let user = parameters["user"].map { "\($0)@" } ?? ""
        let port = parameters["port"].map { ":\($0)" } ?? ""
        let isAddress = host.contains(":") && !host.contains(",")
        return "postgres://\(user)\(isAddress ? "[\(host)]" : host)\(port)/\(parameters["dbname"] ?? "")"
    }

    private static func options(_ url: String) throws(SQLError) -> [String: String] {
        guard let colon = url.firstIndex(of: ":") else { throw .unavailable("it is no postgres://… address") }
        var complaint: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse("postgresql" + url[colon...], &complaint)
        defer { PQfreemem(complaint) }
        guard let options else { throw .unavailable(reason(complaint.map { String(cString: $0) } ?? "")) }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        // Invariant: the list ends with an option whose keyword is null.
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return found
    }

    /// libpq's complaint without the parts of the address that it repeats.
    private static func reason(_ complaint: String) -> String {
        if complaint.hasPrefix("invalid URI query parameter"), let name = quoted(complaint) {
            return "libpq has no parameter '\(name)'"
        }
        for (prefix, reason) in [
            ("invalid percent-encoded", "a '%' is not followed by two hexadecimal digits; a '%' itself is written %25"),
            ("forbidden value %00", "it contains %00"),
            ("missing key/value separator", "a parameter has no '='; an '&' within a value is written %26"),
            ("extra key/value separator", "a parameter has two '='; a '=' within a value is written %3D"),
            ("end of string reached", "the ']' after an IPv6 address is missing"),
            ("IPv6 host address may not be empty", "there is no address between '[' and ']'"),
            ("unexpected character", "after the host, ':PORT' or '/DATABASE' must follow"),
        ] where complaint.hasPrefix(prefix) { return reason }
        return "it is not postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE"
    }

    /// The name of a parameter in libpq's quotes.
    private static func quoted(_ text: String) -> String? {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].utf8.allSatisfy({ $0 == 95 || ($0 | 32) &- 97 <= 25 || $0 &- 48 <= 9 }) else {
            return nil
        }
        return String(parts[1].prefix(40))
    }

    /// What libpq would only say when it connects.
    private static func fault(of options: [String: String]) -> String? {
        let ports = options["port"]?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        guard ports.allSatisfy({ $0.isEmpty || (1...65_535).contains(Int($0) ?? 0) }) else {
            return "the port is not a number from 1 to 65535 (in a password, '/' is written %2F, '@' %40, ':' %3A)"
        }
        let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
        if let mode = options["sslmode"], !modes.contains(mode) {
            return "sslmode is not one of \(modes.joined(separator: ", "))"
        }
        if let limit = options["connect_timeout"], Int(limit) == nil {
            return "connect_timeout is not a number of seconds"
        }
        if options["replication"] != nil { return "replication connections take no statements" }
        return nil
    }
}
