#define _GNU_SOURCE 1
#include "CLinux.h"
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

static int set(int fd, int level, int option) {
    int one = 1;
    return setsockopt(fd, level, option, &one, sizeof one);
}

int CLinux_tell_details(int fd, int family) {
    if (set(fd, SOL_SOCKET, SO_TIMESTAMPNS) < 0) return -1;
    if (family == AF_INET) return set(fd, SOL_IP, IP_RECVERR) < 0 ? -1 : set(fd, SOL_IP, IP_RECVTTL);
    return set(fd, SOL_IPV6, IPV6_RECVERR) < 0 ? -1 : set(fd, SOL_IPV6, IPV6_RECVHOPLIMIT);
}

int CLinux_only_echo_replies(int fd, int family) {
    if (family == AF_INET) {
        struct icmp_filter filter = {.data = ~(1U << ICMP_ECHOREPLY)};
        return setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
    }
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
}

union peer {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

union control {
    struct cmsghdr header;
    char bytes[512];
};

int64_t CLinux_send_datagram(int fd, const void *bytes, size_t size, const struct CLinux_datagram *to) {
    union peer peer = {0};
    union control control = {0};
    struct iovec part = {(void *)bytes, size};
    struct msghdr message = {.msg_name = &peer, .msg_iov = &part, .msg_iovlen = 1};
    int is_v4 = to->family == 4;
    if (is_v4) {
        peer.v4.sin_family = AF_INET;
        peer.v4.sin_port = htons(to->port);
        memcpy(&peer.v4.sin_addr, &to->high, 4);
        message.msg_namelen = sizeof peer.v4;
    } else {
        peer.v6.sin6_family = AF_INET6;
        peer.v6.sin6_port = htons(to->port);
        memcpy(&peer.v6.sin6_addr, &to->high, 16);
        message.msg_namelen = sizeof peer.v6;
    }
    if (to->hop_limit >= 0) {
        control.header.cmsg_level = is_v4 ? SOL_IP : SOL_IPV6;
        control.header.cmsg_type = is_v4 ? IP_TTL : IPV6_HOPLIMIT;
        control.header.cmsg_len = CMSG_LEN(sizeof to->hop_limit);
        memcpy(CMSG_DATA(&control.header), &to->hop_limit, sizeof to->hop_limit);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof to->hop_limit);
    }
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void read_control(const struct cmsghdr *header, struct CLinux_datagram *from) {
    int level = header->cmsg_level, type = header->cmsg_type;
    if (level == SOL_SOCKET && type == SO_TIMESTAMPNS) {
        struct timespec time;
        memcpy(&time, CMSG_DATA(header), sizeof time);
        from->wall_nanoseconds = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    } else if ((level == SOL_IP && type == IP_TTL) || (level == SOL_IPV6 && type == IPV6_HOPLIMIT)) {
        memcpy(&from->hop_limit, CMSG_DATA(header), sizeof from->hop_limit);
    } else if ((level == SOL_IP && type == IP_RECVERR) || (level == SOL_IPV6 && type == IPV6_RECVERR)) {
        struct sock_extended_err error;
        memcpy(&error, CMSG_DATA(header), sizeof error);
        from->error = (int32_t)error.ee_errno;
        from->origin = error.ee_origin;
        from->type = error.ee_type;
        from->code = error.ee_code;
    }
}

int64_t CLinux_receive_datagram(int fd, void *bytes, size_t size, int flags, struct CLinux_datagram *from) {
    union peer peer;
    union control control;
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_name = &peer,
                             .msg_namelen = sizeof peer,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t count = recvmsg(fd, &message, flags | MSG_DONTWAIT);
    memset(from, 0, sizeof *from);
    from->hop_limit = -1;
    if (count < 0) return -1;
    if (message.msg_namelen >= sizeof peer.v4 && peer.any.sa_family == AF_INET) {
        from->family = 4;
        from->port = ntohs(peer.v4.sin_port);
        memcpy(&from->high, &peer.v4.sin_addr, 4);
    } else if (message.msg_namelen >= sizeof peer.v6 && peer.any.sa_family == AF_INET6) {
        from->family = 6;
        from->port = ntohs(peer.v6.sin6_port);
        memcpy(&from->high, &peer.v6.sin6_addr, 16);
    }
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
        read_control(header, from);
    return count;
}
