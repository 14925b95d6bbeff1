/*
 * The target of the benchmarks: a single-threaded HTTP/1.1 server on loopback ports.
 *
 *   target [PORT [COUNT]]
 *
 * Listens on PORT (0, the default: any) and, with COUNT, on that many ports in all (then PORT must be 0). Prints the
 * ports on one line, then serves until it is killed or its parent ends. By path:
 *   /hang   takes the request and never answers
 *   /chaos  misbehaves in turn: 500, reset, closed without a byte, garbage, cut in the middle, no answer
 *   others  200 with a body of two bytes; keeps the connection unless asked to close it
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { connection_limit = 65536, request_limit = 4096, listener_limit = 1024, event_count = 256 };

struct connection {
    unsigned used;
    char request[request_limit + 1];
};

static struct connection *connections[connection_limit]; /* by fd; kept for reuse */
static unsigned char is_listener[connection_limit];
static int epoll_fd;

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
static const char ok_close[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
static const char failure[] = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
static const char garbage[] = "\x01\x02\x03 this is not HTTP\r\n\r\n";
static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void watch(int fd, int listener) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    is_listener[fd] = (unsigned char)listener;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

/* Listens on a loopback port and returns the port. */
static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || fd >= connection_limit) die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* inherited by accepted sockets */
    if (bind(fd, (struct sockaddr *)&address, size) < 0) die("bind");
    if (listen(fd, 4096) < 0) die("listen");
    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0) die("getsockname");
    watch(fd, 1);
    return ntohs(address.sin_port);
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        if (fd >= connection_limit) {
            close(fd);
            continue;
        }
        if (!connections[fd] && !(connections[fd] = malloc(sizeof *connections[fd]))) die("malloc");
        connections[fd]->used = 0;
        watch(fd, 0);
    }
}

/* The responses are far smaller than an empty send buffer: a short write means that the peer is gone. */
static int answer(int fd, const char *bytes, size_t count) {
    return send(fd, bytes, count, MSG_NOSIGNAL) == (ssize_t)count;
}

static int misbehave(int fd) {
    static unsigned turn;
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    switch (turn++ % 6) {
    case 0: return answer(fd, failure, sizeof failure - 1);
    case 1: setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset); return 0;
    case 2: return 0;
    case 3: answer(fd, garbage, sizeof garbage - 1); return 0;
    case 4: answer(fd, cut, sizeof cut - 1); return 0;
    default: return 1;
    }
}

/* Answers one request, whose head ends with a NUL; false when the connection is to be closed. */
static int serve(int fd, const char *head) {
    const char *path = strchr(head, ' ');
    if (!path) return 0;
    if (strncmp(path + 1, "/hang", 5) == 0) return 1;
    if (strncmp(path + 1, "/chaos", 6) == 0) return misbehave(fd);
    if (strcasestr(head, "\r\nconnection: close")) {
        answer(fd, ok_close, sizeof ok_close - 1);
        return 0;
    }
    return answer(fd, ok, sizeof ok - 1);
}

/* Reads what is there and answers every complete request in it; false when the connection is to be closed. */
static int serve_all(int fd, struct connection *connection) {
    ssize_t count = recv(fd, connection->request + connection->used, request_limit - connection->used, 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return 0;
    connection->used += (unsigned)count;
    connection->request[connection->used] = 0;
    char *start = connection->request, *end;
    while ((end = strstr(start, "\r\n\r\n"))) {
        *end = 0;
        if (!serve(fd, start)) return 0;
        start = end + 4;
    }
    connection->used -= (unsigned)(start - connection->request);
    memmove(connection->request, start, connection->used);
    return connection->used < request_limit;
}

int main(int count, char **arguments) {
    int port = count > 1 ? atoi(arguments[1]) : 0, listeners = count > 2 ? atoi(arguments[2]) : 1;
    struct rlimit files;
    struct epoll_event events[event_count];
    if (listeners < 1 || listeners > listener_limit || (port != 0 && listeners > 1)) {
        fprintf(stderr, "usage: target [PORT [COUNT]], COUNT of 1 to %d, more than 1 with port 0 only\n", listener_limit);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < connection_limit ? files.rlim_max : connection_limit;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if ((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll_create1");
    for (int index = 0; index < listeners; index++) printf(index ? " %d" : "%d", listen_on(port));
    putchar('\n');
    fflush(stdout);
    for (;;) {
        int ready = epoll_wait(epoll_fd, events, event_count, -1);
        if (ready < 0 && errno != EINTR) die("epoll_wait");
        for (int index = 0; index < ready; index++) {
            int fd = events[index].data.fd;
            if (is_listener[fd])
                accept_all(fd);
            else if (!serve_all(fd, connections[fd]))
                close(fd);
        }
    }
}
