#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/* curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call. */
static inline CURLcode sentinel_easy_set_string(CURL *h, CURLoption o, const char *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode sentinel_easy_set_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode sentinel_easy_set_offset(CURL *h, CURLoption o, curl_off_t v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode sentinel_easy_set_pointer(CURL *h, CURLoption o, const void *v) { return curl_easy_setopt(h, o, v); }
typedef size_t (*sentinel_data_callback)(char *, size_t, size_t, void *);
static inline CURLcode sentinel_easy_set_data_callback(CURL *h, CURLoption o, sentinel_data_callback f) { return curl_easy_setopt(h, o, f); }

static const long sentinel_auth_basic = (long)CURLAUTH_BASIC;
static const long sentinel_auth_digest = (long)CURLAUTH_DIGEST;

/* `address` points to a sockaddr of `length` bytes. */
typedef curl_socket_t (*sentinel_open_callback)(void *, curlsocktype, struct curl_sockaddr *);
static inline CURLcode sentinel_easy_set_open_callback(CURL *h, sentinel_open_callback f) { return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, f); }
typedef int (*sentinel_close_callback)(void *, curl_socket_t);
static inline CURLcode sentinel_easy_set_close_callback(CURL *h, sentinel_close_callback f) { return curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, f); }
static inline const void *sentinel_sockaddr(const struct curl_sockaddr *a) { return &a->addr; }
typedef CURLcode (*sentinel_ssl_callback)(CURL *, void *, void *);
static inline CURLcode sentinel_easy_set_ssl_callback(CURL *h, sentinel_ssl_callback f) { return curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, f); }

typedef int (*sentinel_progress_callback)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
static inline CURLcode sentinel_easy_set_progress_callback(CURL *h, sentinel_progress_callback f) { return curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, f); }

typedef int (*sentinel_debug_callback)(CURL *, curl_infotype, char *, size_t, void *);
static inline CURLcode sentinel_easy_set_debug_callback(CURL *h, sentinel_debug_callback f) { return curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, f); }

static inline CURLcode sentinel_easy_get_long(CURL *h, CURLINFO i, long *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode sentinel_easy_get_offset(CURL *h, CURLINFO i, curl_off_t *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode sentinel_easy_get_string(CURL *h, CURLINFO i, const char **v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode sentinel_easy_get_pointer(CURL *h, CURLINFO i, void **v) { return curl_easy_getinfo(h, i, v); }

typedef int (*sentinel_socket_callback)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*sentinel_timer_callback)(CURLM *, long, void *);
static inline CURLMcode sentinel_multi_set_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode sentinel_multi_set_pointer(CURLM *m, CURLMoption o, void *v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode sentinel_multi_set_socket_callback(CURLM *m, sentinel_socket_callback f) { return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, f); }
static inline CURLMcode sentinel_multi_set_timer_callback(CURLM *m, sentinel_timer_callback f) { return curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, f); }
static inline CURLcode sentinel_message_result(const CURLMsg *m) { return m->data.result; }

static inline CURLSHcode sentinel_share_data(CURLSH *s, curl_lock_data what) { return curl_share_setopt(s, CURLSHOPT_SHARE, what); }
