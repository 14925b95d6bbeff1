// PCRE2 for 8-bit code units; its functions are macros, which Swift cannot see, so each one used has a name here.
#pragma once
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static inline pcre2_code_8 *sentinel_pcre2_compile(
    const unsigned char *pattern, size_t length, uint32_t options, int *error, size_t *offset) {
    return pcre2_compile_8(pattern, length, options, error, offset, NULL);
}
