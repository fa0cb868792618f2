#pragma once

#include <nghttp2/nghttp2.h>

namespace yatagarasu::http {

// What nghttp2 sessions allocate with. nghttp2 makes and frees some ten small blocks for every
// request, those of many streams at a time, which is more than malloc keeps at hand; here freed
// blocks are kept per thread, by size, up to a bound, and handed out again.
//
// Threading: any; a block may be freed by another thread than asked for it. Outlives every session.
nghttp2_mem* h2_memory();

}  // namespace yatagarasu::http
