/*
 * The floor of the checks that are not HTTP: what a question to a name server, a ping or a TCP connection costs when
 * nothing but the sockets is there, and the name server that both sides ask.
 *
 *   probe-floor target PORT                        answers each question with one A record; PORT 0 prints the port
 *   probe-floor dns PORT COUNT CONCURRENCY [shared]
 *   probe-floor icmp COUNT CONCURRENCY
 *   probe-floor tcp PORT COUNT CONCURRENCY
 *
 * `dns` opens a connected socket for each question, as programs without a pool do; `shared` sends all through one.
 * `tcp` connects to a port of 127.0.0.1 and closes; `icmp` pings 127.0.0.1 with 56 bytes through one socket, unprivileged where that is allowed, else raw.
 * The checks run back to back, CONCURRENCY at a time. Prints one line of JSON. Exit code 1 when a check failed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { event_count = 256, concurrency_limit = 4096 };

static const unsigned char query_end[] = {7,  'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'o', 'r', 'g', 0, 0, 1, 0, 1,
                                          0,  0,   41,  4,   208, 0,   0,   0,   0, 0,   0};
static struct sockaddr_in server = {.sin_family = AF_INET};
static int epoll_fd;
static long wanted, started, finished, failed, running;

static void die(const char *what) {
    perror(what);
    exit(2);
}

static int open_socket(int type, int protocol) {
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    return fd;
}

static void watch(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static _Noreturn void serve(int port) {
    unsigned char packet[512];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;
    socklen_t length = sizeof server;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    server.sin_port = htons((uint16_t)port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&server, length) < 0) die("bind");
    getsockname(fd, (struct sockaddr *)&server, &length);
    printf("%d\n", ntohs(server.sin_port));
    fflush(stdout);
    static const unsigned char record[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};
    while (1) {
        struct sockaddr_in from;
        length = sizeof from;
        ssize_t count = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &length);
        if (count < 17 || count > 400) continue;
        size_t end = 12;
        while (end < (size_t)count && packet[end]) end += packet[end] + 1u;
        end += 5;
        if (end > (size_t)count) continue;
        packet[2] = 0x81, packet[3] = 0x80, packet[7] = 1, packet[11] = 0;
        memcpy(packet + end, record, sizeof record);
        sendto(fd, packet, end + sizeof record, 0, (struct sockaddr *)&from, length);
    }
}

static size_t make_query(unsigned char *packet) {
    uint16_t id = (uint16_t)random();
    memset(packet, 0, 12);
    memcpy(packet, &id, 2);
    packet[2] = 1, packet[5] = 1, packet[11] = 1;
    memcpy(packet + 12, query_end, sizeof query_end);
    return 12 + sizeof query_end;
}

static void start_dns(int shared) {
    unsigned char packet[512];
    size_t size = make_query(packet);
    int fd = shared;
    if (fd < 0) {
        if ((fd = open_socket(SOCK_DGRAM, 0)) < 0) die("socket");
        if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) die("connect");
        watch(fd);
    }
    if (sendto(fd, packet, size, 0, (struct sockaddr *)&server, sizeof server) != (ssize_t)size) die("sendto");
    started++, running++;
}

static void start_icmp(int fd) {
    unsigned char packet[64] = {8};
    uint16_t sequence = (uint16_t)started;
    memcpy(packet + 6, &sequence, 2);
    uint32_t sum = 0;
    for (int index = 0; index < 64; index += 2) sum += (uint32_t)packet[index] << 8 | packet[index + 1];
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    packet[2] = (unsigned char)(~sum >> 8), packet[3] = (unsigned char)~sum;
    if (sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&server, sizeof server) < 0) die("sendto");
    started++, running++;
}

static void start_tcp(void) {
    int fd = open_socket(SOCK_STREAM, 0);
    struct epoll_event event = {.events = EPOLLOUT, .data.fd = fd};
    if (fd < 0) die("socket");
    connect(fd, (struct sockaddr *)&server, sizeof server);
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
    started++, running++;
}

static void connected(int fd) {
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
    failed += code != 0;
    finished++, running--;
    close(fd);
}

static void take(int fd, int shared) {
    unsigned char packet[2048];
    struct sockaddr_in from;
    while (1) {
        socklen_t length = sizeof from;
        ssize_t count = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &length);
        if (count < 0) return;
        failed += count < 28;
        finished++, running--;
        if (shared >= 0) continue;
        close(fd);
        return;
    }
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "";
    int is_dns = strcmp(mode, "dns") == 0, is_icmp = strcmp(mode, "icmp") == 0;
    int is_tcp = strcmp(mode, "tcp") == 0, has_port = is_dns || is_tcp, shared = -1;
    if (strcmp(mode, "target") == 0 && count == 3) serve(atoi(arguments[2]));
    if ((!has_port || count < 5) && (!is_icmp || count < 4)) {
        fprintf(stderr, "usage: probe-floor target PORT | dns PORT COUNT CONCURRENCY [shared] | icmp COUNT CONCURRENCY\n"
                        "       probe-floor tcp PORT COUNT CONCURRENCY\n");
        return 2;
    }
    wanted = atol(arguments[has_port ? 3 : 2]);
    long concurrency = atol(arguments[has_port ? 4 : 3]);
    if (wanted < 1 || concurrency < 1 || concurrency > concurrency_limit) return 2;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (has_port) server.sin_port = htons((uint16_t)atoi(arguments[2]));
    if ((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll_create1");
    if (is_icmp) {
        struct icmp_filter filter = {.data = ~(1U << ICMP_ECHOREPLY)};
        if ((shared = open_socket(SOCK_DGRAM, IPPROTO_ICMP)) < 0) {
            if ((shared = open_socket(SOCK_RAW, IPPROTO_ICMP)) < 0) die("socket");
            setsockopt(shared, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
        }
        watch(shared);
    } else if (is_dns && count > 5) {
        if ((shared = open_socket(SOCK_DGRAM, 0)) < 0) die("socket");
        watch(shared);
    }
    struct rusage before, after;
    struct epoll_event events[event_count];
    getrusage(RUSAGE_SELF, &before);
    while (finished < wanted) {
        while (running < concurrency && started < wanted) {
            if (is_dns)
                start_dns(shared);
            else if (is_tcp)
                start_tcp();
            else
                start_icmp(shared);
        }
        int ready = epoll_wait(epoll_fd, events, event_count, 2000);
        if (ready == 0) break;
        for (int index = 0; index < ready; index++) {
            if (is_tcp)
                connected(events[index].data.fd);
            else
                take(events[index].data.fd, shared);
        }
    }
    getrusage(RUSAGE_SELF, &after);
    failed += wanted - finished;
    double cost = seconds(after.ru_utime) - seconds(before.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_stime);
    printf("{\"checks\":%ld,\"failed\":%ld,\"microseconds_per_check\":%.3f}\n", finished, failed,
           finished > 0 ? cost * 1e6 / (double)finished : 0.0);
    return failed > 0;
}
