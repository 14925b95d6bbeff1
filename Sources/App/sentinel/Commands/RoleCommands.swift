import Arguments

/// `sentinel api`, `scheduler`, `worker`, `processor` and `alerter`.
enum RoleCommands {
    static let all: [Command<CommandAction>] = Role.allCases.map { role in
        Command(
            role.rawValue,
            summary: role.summary,
            discussion: "One of the roles of a cluster; any number of each may run. They share a PostgreSQL database "
                + "(DATABASE_URL; workers need none) and Redis (REDIS_URL), and take Kafka as their broker when "
                + "KAFKA_BOOTSTRAP_SERVERS is set. SECRET_KEY must be the same for all. Health, readiness and metrics "
                + "are served at the API's address.",
            options: SettingOptions.options()
        ) { invocation, context in
            try ServeCommand.execution(invocation, context, role: role) { settings, logger, shutdown in
                try await Composition.run(role, settings, logger: logger, until: shutdown)
            }
        }
    }
}
