package import Alerting
package import Storage

/// The services of incidents and notifications that the API uses.
package struct AlertingDependencies: Sendable {
    package var incidents: IncidentRepository
    package var policies: PolicyRepository
    package var silences: SilenceRepository
    package var notifications: NotificationRepository
    package var channels: ChannelRepository
    /// The commands of people for incidents.
    package var commands: IncidentCommands
    /// Called when there may be something new to send.
    package var wake: @Sendable () -> Void
    /// Called when incidents may be routed to other channels than before.
    package var routingChanged: @Sendable () -> Void

    package init(
        incidents: IncidentRepository,
        policies: PolicyRepository,
        silences: SilenceRepository,
        notifications: NotificationRepository,
        channels: ChannelRepository,
        commands: IncidentCommands,
        wake: @escaping @Sendable () -> Void,
        routingChanged: @escaping @Sendable () -> Void
    ) {
        (self.incidents, self.policies, self.silences) = (incidents, policies, silences)
        (self.notifications, self.channels) = (notifications, channels)
        self.commands = commands
        self.wake = wake
        self.routingChanged = routingChanged
    }
}
