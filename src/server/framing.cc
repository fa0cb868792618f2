#include "server/framing.h"

#include "io/shared_bytes.h"
#include "server/handler.h"

#include <cstdint>
#include <string>
#include <variant>

namespace yatagarasu::server {

std::uint64_t size_at_hand(const Body& body) {
  if (const auto* const shared = std::get_if<io::SharedBytesRef>(&body)) return (*shared)->size();
  const auto* const bytes = std::get_if<std::string>(&body);
  return bytes == nullptr ? 0 : bytes->size();
}

bool forbids_body(int status) {
  return status == 204 || status == 304 || status < 200;
}

}  // namespace yatagarasu::server
