#include "CWebAssets.h"

const unsigned char *CWebAssets_swagger_js(size_t *count) { *count = 0; return 0; }
const unsigned char *CWebAssets_swagger_css(size_t *count) { *count = 0; return 0; }
