#pragma once
#include <stddef.h>

/* Web assets fetched by scripts/setup and embedded at build time; count 0 when they were not fetched. */
const unsigned char *CWebAssets_swagger_js(size_t *count);
const unsigned char *CWebAssets_swagger_css(size_t *count);
