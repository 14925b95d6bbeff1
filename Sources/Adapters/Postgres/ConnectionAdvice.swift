import SQL

extension PostgresConfiguration {
    /// Why a connection was refused, with what helps.
    func explained(_ error: PostgresError) -> SQLError {
        guard let advice = advice(error) else { return error.error }
        return .unavailable("\(error.message); \(advice)")
    }

    private func advice(_ error: PostgresError) -> String? {
        switch error.state {
        case "3D000": "create it with: createdb\(clientOptions) -E UTF8 -T template0 \(quoted(parameters["dbname"]))"
        case "28P01": "the user or the password is wrong"
        case "28000": "the user does not exist or may not log in from here (see the server's pg_hba.conf)"
        case "53300": "the server's max_connections is reached"
        default: error.message.contains("no password supplied") ? "the server wants a password" : nil
        }
    }

    /// The options of PostgreSQL's own programs for the same server.
    private var clientOptions: String {
        [("-h", "host"), ("-p", "port"), ("-U", "user")].map { option, name in
            guard let value = parameters[name], !value.isEmpty else { return "" }
            return " \(option) \(quoted(value))"
        }
        .joined()
    }

    /// A word for a shell.
    private func quoted(_ word: String?) -> String {
        let word = word ?? parameters["user"] ?? "NAME"
        let isPlain = word.utf8.allSatisfy { ($0 | 32) &- 97 <= 25 || $0 &- 45 <= 12 || $0 == 95 }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
