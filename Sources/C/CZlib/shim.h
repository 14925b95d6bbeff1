#include <zlib.h>

/* inflateInit2 is a macro, which Swift cannot call. */
static inline int sentinel_inflate_init(z_stream *s, int window_bits) { return inflateInit2(s, window_bits); }
