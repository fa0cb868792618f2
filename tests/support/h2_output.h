#pragma once

#include "http/codec/h2_output.h"

#include <array>
#include <cstddef>
#include <string>
#include <sys/uio.h>

namespace yatagarasu::support {

// Moves all that is packed to the end of `text`, a few parts at a time, as a connection writes it.
inline void move_all(http::H2Output& output, std::string& text) {
  while (!output.empty()) {
    std::array<iovec, 8> room{};
    std::size_t bytes = 0;
    for (const iovec& part : output.gather(room)) {
      text.append(static_cast<const char*>(part.iov_base), part.iov_len);
      bytes += part.iov_len;
    }
    output.written(bytes);
  }
}

}  // namespace yatagarasu::support
