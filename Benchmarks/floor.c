/*
 * The floor of the benchmarks: what a plain HTTP check costs when nothing but the sockets is there. Each check is a
 * new non-blocking connection driven by epoll: connect, send a GET, read the whole response, close.
 *
 *   floor --port PORT --count CHECKS [--rate PER_SECOND] [--concurrency N] [--path PATH]
 *
 * With a rate the checks start on a timer, late or not (open loop: the wake-ups of a paced program are part of its
 * cost); without one they run back to back, N at a time. Prints one line of JSON. Exit code 1 when a check failed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { connection_limit = 65536, response_limit = 1024, event_count = 256, patience_seconds = 10 };

struct check {
    unsigned used;
    char is_sent;
    char response[response_limit + 1];
};

static struct check *checks[connection_limit]; /* by fd; kept for reuse */
static long wanted, started, finished, failed, running, concurrency = 64;
static struct sockaddr_in address;
static char request[512];
static size_t request_size;
static int epoll_fd, timer_fd = -1;

static void die(const char *what) {
    perror(what);
    exit(2);
}

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

static void finish(int fd, int is_good) {
    close(fd);
    running--;
    finished++;
    failed += !is_good;
}

static void start(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
    if (fd < 0 || fd >= connection_limit) die("socket");
    if (!checks[fd] && !(checks[fd] = malloc(sizeof *checks[fd]))) die("malloc");
    checks[fd]->used = 0;
    checks[fd]->is_sent = 0;
    started++;
    running++;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        finish(fd, 0);
    else if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

/* Whether the head and as many bytes as its Content-Length says are there. */
static int is_complete(struct check *check) {
    check->response[check->used] = 0;
    char *end = strstr(check->response, "\r\n\r\n"), *length = strcasestr(check->response, "\r\ncontent-length:");
    if (!end || !length || length > end) return 0;
    return check->response + check->used >= end + 4 + atol(length + 17);
}

static void drive(int fd, uint32_t events) {
    struct check *check = checks[fd];
    if (!check->is_sent && events & EPOLLOUT) {
        if (send(fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size) return finish(fd, 0);
        check->is_sent = 1;
        return;
    }
    if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
    ssize_t count = recv(fd, check->response + check->used, response_limit - check->used, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return finish(fd, 0);
    check->used += (unsigned)count;
    if (is_complete(check)) return finish(fd, strncmp(check->response, "HTTP/1.1 200", 12) == 0);
    if (check->used == response_limit) finish(fd, 0);
}

static void start_timer(double rate) {
    long interval = (long)(1e9 / rate);
    struct itimerspec period = {{interval / 1000000000, interval % 1000000000}, {interval / 1000000000, interval % 1000000000}};
    struct epoll_event event = {.events = EPOLLIN};
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    event.data.fd = timer_fd;
    if (timer_fd < 0 || timerfd_settime(timer_fd, 0, &period, NULL) < 0) die("timerfd");
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event) < 0) die("epoll_ctl");
}

static void start_due(void) {
    uint64_t due = 0;
    if (read(timer_fd, &due, sizeof due) != sizeof due) return;
    while (due-- > 0 && started < wanted) start();
}

static void run(double deadline) {
    struct epoll_event events[event_count];
    while (finished < wanted && now(CLOCK_MONOTONIC) < deadline) {
        while (timer_fd < 0 && running < concurrency && started < wanted) start();
        int ready = epoll_wait(epoll_fd, events, event_count, 1000);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        for (int index = 0; index < ready; index++) {
            if (events[index].data.fd == timer_fd)
                start_due();
            else
                drive(events[index].data.fd, events[index].events);
        }
    }
}

static double parse(int count, char **arguments, const char **path) {
    static const struct option options[] = {{"port", 1, 0, 'p'},        {"count", 1, 0, 'c'}, {"rate", 1, 0, 'r'},
                                            {"concurrency", 1, 0, 'n'}, {"path", 1, 0, 'u'},  {0, 0, 0, 0}};
    double rate = 0;
    int option, port = 0;
    while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'c': wanted = atol(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 'n': concurrency = atol(optarg); break;
        case 'u': *path = optarg; break;
        default: exit(2);
        }
    }
    if (port < 1 || port > 65535 || wanted < 1 || rate < 0 || concurrency < 1 || concurrency > 10000) {
        fprintf(stderr, "usage: floor --port PORT --count CHECKS [--rate PER_SECOND] [--concurrency N] [--path PATH]\n");
        exit(2);
    }
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return rate;
}

int main(int count, char **arguments) {
    const char *path = "/";
    double rate = parse(count, arguments, &path);
    int size = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: Sentinel/1.0\r\nAccept: */*\r\n\r\n", path,
        ntohs(address.sin_port));
    if (size < 0 || size >= (int)sizeof request) return 2;
    request_size = (size_t)size;
    if ((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll_create1");
    if (rate > 0) start_timer(rate);

    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double begin = now(CLOCK_MONOTONIC);
    run(begin + (rate > 0 ? (double)wanted / rate : 60) + patience_seconds);
    double wall = now(CLOCK_MONOTONIC) - begin;
    getrusage(RUSAGE_SELF, &after);

    double user = seconds(after.ru_utime) - seconds(before.ru_utime);
    double system = seconds(after.ru_stime) - seconds(before.ru_stime);
    failed += wanted - finished;
    printf("{\"checks\":%ld,\"failed\":%ld,\"wall_seconds\":%.6f,\"user_seconds\":%.6f,\"system_seconds\":%.6f,"
           "\"microseconds_per_check\":%.3f}\n",
           finished, failed, wall, user, system, finished > 0 ? (user + system) * 1e6 / (double)finished : 0.0);
    return failed > 0;
}
