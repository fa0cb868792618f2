#include "client/fetch.h"

#include "core/result.h"
#include "io/byte_source.h"
#include "io/task.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::client {

io::Task<std::string> read_up_to(io::ByteSource& body, std::size_t limit) {
  std::string text(body.ready().substr(0, limit));
  while (text.size() < limit) {
    const core::Result<std::string_view> piece = co_await body.next();
    if (!piece || piece->empty()) break;
    text.append(piece->substr(0, limit - text.size()));
  }
  co_return text;
}

}  // namespace yatagarasu::client
