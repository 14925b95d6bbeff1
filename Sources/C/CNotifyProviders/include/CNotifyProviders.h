#pragma once
#include <stddef.h>

/* The provider files that ship with the program. */
size_t CNotifyProviders_count(void);
/* The name of one, without its ending; an index below the count. */
const char *CNotifyProviders_name(size_t index);
/* The bytes of one, which are YAML. */
const unsigned char *CNotifyProviders_bytes(size_t index, size_t *count);
