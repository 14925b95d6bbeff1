#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static const int sentinel_socket_stream = SOCK_STREAM;

/* Milliseconds until the channel wants to be processed; -1 when it waits for nothing. */
static inline long sentinel_ares_timeout(ares_channel channel) {
    struct timeval space, *found = ares_timeout(channel, NULL, &space);
    return found ? found->tv_sec * 1000 + (found->tv_usec + 999) / 1000 : -1;
}

/* Puts the address into 16 bytes; 4 or 6 says which family, 0 that it is another. */
static inline int sentinel_address_bytes(const void *address, unsigned char *bytes, unsigned short *port) {
    const struct sockaddr *any = address;
    if (any->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = address;
        memcpy(bytes, &v4->sin_addr, 4);
        *port = ntohs(v4->sin_port);
        return 4;
    }
    if (any->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = address;
        memcpy(bytes, &v6->sin6_addr, 16);
        *port = ntohs(v6->sin6_port);
        return 6;
    }
    return 0;
}

static inline const void *sentinel_node_address(const struct ares_addrinfo_node *node) { return node->ai_addr; }
