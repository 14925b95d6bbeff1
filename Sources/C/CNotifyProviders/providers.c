#include "CNotifyProviders.h"

struct provider {
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

/* A file that is missing stops the build. */
static const unsigned char alertmanager[] = {
#embed "providers/alertmanager.yaml"
};
static const unsigned char discord[] = {
#embed "providers/discord.yaml"
};
static const unsigned char email[] = {
#embed "providers/email.yaml"
};
static const unsigned char googlechat[] = {
#embed "providers/googlechat.yaml"
};
static const unsigned char gotify[] = {
#embed "providers/gotify.yaml"
};
static const unsigned char matrix[] = {
#embed "providers/matrix.yaml"
};
static const unsigned char mattermost[] = {
#embed "providers/mattermost.yaml"
};
static const unsigned char ntfy[] = {
#embed "providers/ntfy.yaml"
};
static const unsigned char opsgenie[] = {
#embed "providers/opsgenie.yaml"
};
static const unsigned char pagerduty[] = {
#embed "providers/pagerduty.yaml"
};
static const unsigned char pushover[] = {
#embed "providers/pushover.yaml"
};
static const unsigned char slack[] = {
#embed "providers/slack.yaml"
};
static const unsigned char teams[] = {
#embed "providers/teams.yaml"
};
static const unsigned char telegram[] = {
#embed "providers/telegram.yaml"
};
static const unsigned char webhook[] = {
#embed "providers/webhook.yaml"
};

#define PROVIDER(name) {#name, name, sizeof name}
static const struct provider providers[] = {
    PROVIDER(alertmanager), PROVIDER(discord), PROVIDER(email), PROVIDER(googlechat), PROVIDER(gotify),
    PROVIDER(matrix), PROVIDER(mattermost), PROVIDER(ntfy), PROVIDER(opsgenie), PROVIDER(pagerduty),
    PROVIDER(pushover), PROVIDER(slack), PROVIDER(teams), PROVIDER(telegram), PROVIDER(webhook),
};

size_t CNotifyProviders_count(void) { return sizeof providers / sizeof *providers; }

const char *CNotifyProviders_name(size_t index) { return providers[index].name; }

const unsigned char *CNotifyProviders_bytes(size_t index, size_t *count) {
    *count = providers[index].count;
    return providers[index].bytes;
}
