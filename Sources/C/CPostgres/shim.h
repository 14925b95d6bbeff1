#include <libpq-fe.h>

/* The codes are characters, which Swift imports as integers: given names here. */
enum {
    SENTINEL_PG_SQLSTATE = PG_DIAG_SQLSTATE,
    SENTINEL_PG_MESSAGE = PG_DIAG_MESSAGE_PRIMARY,
    SENTINEL_PG_DETAIL = PG_DIAG_MESSAGE_DETAIL,
    SENTINEL_PG_TABLE = PG_DIAG_TABLE_NAME
};
