#pragma once

#include "core/cell.h"

#include <cstdint>

namespace yatagarasu::server {

// What one loop's connections count. Threading: the loop counts, any thread reads.
struct ConnectionStats {
  core::Cell open;
  core::Cell active;  // Of those, the ones that are working on a request.
  core::Cell http1;   // Ever opened, by what they spoke.
  core::Cell http2;
  core::Cell silent;  // Those that ended without a request.
};

}  // namespace yatagarasu::server
