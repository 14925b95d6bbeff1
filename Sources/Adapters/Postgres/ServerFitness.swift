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
        // One statement, so that both are of one instant: another process may just be making the tables.
        let found = try await query(
            """
            SELECT tablename::text, NULL FROM pg_tables WHERE schemaname = $1 UNION ALL
            SELECT NULL, attname::text FROM pg_attribute
                WHERE attrelid = to_regclass(format('%I.%I', $1::text, $2::text)) AND attnum > 0
            """,
            [.text(schema), .text(table)]
        )
        var (present, foreign): (Set<String>, [String]) = ([], [])
        for row in found {
            if let column = try row.optionalText(1) { present.insert(column) }
            if let name = try row.optionalText(0), own.contains(name) || name == table { foreign.append(name) }
        }
        if present.isSuperset(of: columns) { return nil }
        foreign.sort()
        if foreign.isEmpty { return nil }
        return
            "its schema \(schema) has tables of another program with the names \(foreign.prefix(3).joined(separator: ", ")): "
            + "use another database, or another schema with ?options=-csearch_path%3DNAME"
    }
}
