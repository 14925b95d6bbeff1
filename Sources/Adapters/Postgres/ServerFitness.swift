package import SQL

extension PostgresDatabase {
    /// Why the database cannot hold this program's tables; nil when it can.
    ///
    /// `table` is the one that this program's databases have, with `columns`; without it, none of the tables `own` may
    /// exist.
    ///
    /// Throws as `query` does.
    package func refusal(
        table: String,
        columns: Set<String>,
        own: Set<String>
    ) async throws(SQLError) -> String? {
        let facts = try await query(
            """
            SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding'),
                current_setting('server_version'), current_schema()::text, current_user::text,
                has_schema_privilege(current_schema(), 'CREATE'),
                pg_is_in_recovery(), (SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'),
                current_database()::text
            """
        )
        guard let row = facts.first else { return "the server does not say what it is" }
        guard try row.integer(0) >= 150_000 else {
            return "the server is PostgreSQL \(try row.text(2)); 15 or later is needed"
        }
        let (encoding, database, user) = (try row.text(1), try row.text(8), try row.text(4))
        guard encoding == "UTF8" else {
            return
                "its encoding is \(encoding), which cannot hold all texts: create it with createdb -E UTF8 -T template0"
        }
        guard let schema = try row.optionalText(3) else { return "none of the schemas of its search_path exists" }
        guard try row.integer(6) == 0 else {
            return "the server is a standby, which cannot be written; use the primary"
        }
        guard try row.text(7) == "off" else { return "the server is read-only (default_transaction_read_only is on)" }
        guard try row.integer(5) == 1 else {
            return "the user \(user) may not create tables in its schema \(schema): its owner can allow it with "
                + "GRANT CREATE ON SCHEMA \(schema) TO \(user), or ALTER DATABASE \(database) OWNER TO \(user)"
        }
        let isOurs =
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2"
        if Set(try await texts(isOurs, [.text(schema), .text(table)])).isSuperset(of: columns) { return nil }
        let tables = try await texts(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
            [.text(schema)]
        )
        let foreign = tables.filter { own.contains($0) || $0 == table }
        if foreign.isEmpty { return nil }
        // Another process may have made the tables between the two questions.
        if Set(try await texts(isOurs, [.text(schema), .text(table)])).isSuperset(of: columns) { return nil }
        return
            "its schema \(schema) has tables of another program with the names \(foreign.prefix(3).joined(separator: ", ")): "
            + "use another database, or another schema with ?options=-csearch_path%3DNAME"
    }

    private func texts(_ sql: String, _ parameters: [SQLValue]) async throws(SQLError) -> [String] {
        var texts: [String] = []
        for row in try await query(sql, parameters) { texts.append(try row.text(0)) }
        return texts
    }
}
