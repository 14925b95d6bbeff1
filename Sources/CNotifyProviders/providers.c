#include "CNotifyProviders.h"

struct provider {
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

/* A file that is missing stops the build. */
#define BYTES(symbol) symbol, sizeof symbol
static const unsigned char slack[] = {
#embed "providers/slack.yaml"
};
static const struct provider providers[] = {
    {"slack", BYTES(slack)},
};

size_t CNotifyProviders_count(void) { return sizeof providers / sizeof *providers; }

const char *CNotifyProviders_name(size_t index) { return providers[index].name; }

const unsigned char *CNotifyProviders_bytes(size_t index, size_t *count) {
    *count = providers[index].count;
    return providers[index].bytes;
}
