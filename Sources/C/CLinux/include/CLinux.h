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
int CLinux_set_nonblocking(int fd);
/* Bytes that a TCP socket has received, the end of the stream counted as one; 0 when the kernel does not say. */
uint64_t CLinux_bytes_received(int fd);
/* 1 when the path is a socket, 0 when it is not or is absent. */
int CLinux_is_socket(const char *path);

/* Clocks, read as one integer. */
int64_t CLinux_monotonic_nanoseconds(void);
int64_t CLinux_wall_milliseconds(void);

/* Names the calling thread; at most 15 bytes. */
int CLinux_name_thread(const char *name);

/* The process's `environ`, which Swift 6 refuses as a mutable global. */
char **CLinux_environment(void);
