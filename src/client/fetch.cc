#include "client/fetch.h"

#include "core/result.h"
#include "io/byte_source.h"
#include "io/task.h"

#include <cstddef>
#include <expected>
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

io::Task<core::Result<std::string>> read_whole(io::ByteSource& body, std::size_t limit) {
  std::string text(body.ready());
  while (text.size() <= limit) {
    const core::Result<std::string_view> piece = co_await body.next();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return text;
    if (piece->size() > limit - text.size()) break;
    text.append(*piece);
  }
  co_return core::failure(core::ErrorCode::kOriginMalformed,
                          "the body is larger than " + std::to_string(limit) + " bytes");
}

}  // namespace yatagarasu::client
