#include "CWebAssets.h"

/* scripts/setup touches this file when it has put new assets in place, so that the build looks for them again. */

#if __has_embed("assets/swagger-ui-bundle.js") == __STDC_EMBED_FOUND__
static const unsigned char swagger_js[] = {
#embed "assets/swagger-ui-bundle.js"
};
#define SWAGGER_JS swagger_js, sizeof swagger_js
#else
#define SWAGGER_JS 0, 0
#endif

#if __has_embed("assets/swagger-ui.css") == __STDC_EMBED_FOUND__
static const unsigned char swagger_css[] = {
#embed "assets/swagger-ui.css"
};
#define SWAGGER_CSS swagger_css, sizeof swagger_css
#else
#define SWAGGER_CSS 0, 0
#endif

static const unsigned char *asset(size_t *count, const unsigned char *bytes, size_t size) {
    *count = size;
    return bytes;
}

const unsigned char *CWebAssets_swagger_js(size_t *count) { return asset(count, SWAGGER_JS); }
const unsigned char *CWebAssets_swagger_css(size_t *count) { return asset(count, SWAGGER_CSS); }
