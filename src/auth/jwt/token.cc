#include "auth/jwt/token.h"

#include "core/base64url.h"
#include "core/strict_json.h"
#include "crypto/algorithm.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {
namespace {

namespace json = boost::json;

// The members of a usual header, which then cost no allocation.
constexpr std::size_t kHeaderBytes = 512;

}  // namespace

std::optional<TokenParts> split_token(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return TokenParts{.header = token.substr(0, first),
                    .payload = token.substr(first + 1, second - first - 1),
                    .signature = token.substr(second + 1),
                    .signed_text = token.substr(0, second)};
}

std::optional<TokenHeader> parse_token_header(std::string_view encoded) {
  const auto text = core::decode_base64url(encoded);
  if (!text) return std::nullopt;
  std::array<unsigned char, kHeaderBytes> block{};
  json::monotonic_resource memory(block.data(), block.size());
  const auto members = core::parse_strict_object(*text, &memory);
  if (!members || members->contains("crit") || members->contains("zip")) return std::nullopt;
  // RFC 7797: only an extension that `crit` names, which is refused above; alone it means nothing
  // good.
  if (members->contains("b64")) return std::nullopt;

  const json::value* const name = members->if_contains("alg");
  if (name == nullptr || !name->is_string()) return std::nullopt;
  const auto algorithm = crypto::parse_signature_algorithm(std::string_view(name->get_string()));
  if (!algorithm) return std::nullopt;
  TokenHeader header{.algorithm = *algorithm, .kid = std::nullopt};
  if (const json::value* const kid = members->if_contains("kid")) {
    if (!kid->is_string()) return std::nullopt;
    header.kid = std::string(kid->get_string());
  }
  return header;
}

}  // namespace yatagarasu::auth::jwt
