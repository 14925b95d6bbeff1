#pragma once
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* What Swift cannot import: packed unions, GNU-only functions and variadic calls. No logic. */

int CLinux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data);
/* epoll_wait with a limit in nanoseconds, -1 for none; in milliseconds, rounded up, where the kernel has no finer. */
int CLinux_epoll_wait(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds);
int CLinux_accept4(int fd);
const void *CLinux_memmem(const void *haystack, size_t haystack_count, const void *needle, size_t needle_count);
int CLinux_open(const char *path, int flags, unsigned int mode);
/* Locks one byte for the descriptor (not the process) without waiting; -1 with errno. */
int CLinux_lock_byte(int fd, int64_t position);
int CLinux_set_nonblocking(int fd);
/* Bytes that a TCP socket has received, the end of the stream counted as one; 0 when the kernel does not say. */
uint64_t CLinux_bytes_received(int fd);
/* 1 when the path is a socket, 0 when it is not or is absent. */
int CLinux_is_socket(const char *path);

/* A datagram's peer, and what the kernel tells beside it. */
struct CLinux_datagram {
    uint64_t high, low;      /* the address in network order; an IPv4 address in the first four bytes of `high` */
    uint16_t port;           /* in host order */
    uint8_t family;          /* 4 or 6; 0 when the kernel names no peer */
    uint8_t origin;          /* of an error: 1 this host, 2 ICMP, 3 ICMPv6 */
    uint8_t type, code;      /* of an error: the ICMP message's */
    int32_t error;           /* of an error: its errno */
    int32_t hop_limit;       /* received with, or to send with; -1 for none told */
    int64_t wall_nanoseconds; /* when the kernel took it in; 0 when it does not say */
};

/* Errors are queued with the packet that caused them, hop limits and times are told with what is received. */
int CLinux_tell_details(int fd, int family);
/* A raw ICMP socket hands out echo replies alone. */
int CLinux_only_echo_replies(int fd, int family);
/* sendmsg and recvmsg of one datagram; -1 with errno. `flags` may be MSG_ERRQUEUE. */
int64_t CLinux_send_datagram(int fd, const void *bytes, size_t size, const struct CLinux_datagram *to);
int64_t CLinux_receive_datagram(int fd, void *bytes, size_t size, int flags, struct CLinux_datagram *from);

/* Clocks, read as one integer. */
int64_t CLinux_monotonic_nanoseconds(void);
int64_t CLinux_wall_milliseconds(void);
int64_t CLinux_wall_nanoseconds(void);

/* Names the calling thread; at most 15 bytes. */
int CLinux_name_thread(const char *name);

/* The process's `environ`, which Swift 6 refuses as a mutable global. */
char **CLinux_environment(void);
