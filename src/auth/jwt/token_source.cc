#include "auth/jwt/token_source.h"

#include "auth/jwt/options.h"
#include "core/ascii.h"
#include "core/percent.h"
#include "http/fields.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

using Found = std::optional<std::string_view>;

Found not_empty(std::string_view value) {
  if (value.empty()) return std::nullopt;
  return value;
}

Found in_header(const TokenSource& source, const http::Fields& fields) {
  for (const http::Field& field : fields) {
    if (!core::iequals(field.name, source.name)) continue;
    if (!core::istarts_with(field.value, source.prefix)) continue;
    if (const Found token = not_empty(core::trim(field.value.substr(source.prefix.size())))) {
      return token;
    }
  }
  return std::nullopt;
}

Found in_query(const TokenSource& source, std::string_view query, std::string& scratch) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = core::percent_decode(parameter.substr(0, equals));
    if (!name || *name != source.name) continue;
    auto value = core::percent_decode(parameter.substr(equals + 1));
    if (!value || value->empty()) continue;
    scratch = *std::move(value);
    return scratch;
  }
  return std::nullopt;
}

// RFC 6265 §5.4; a value may be in double quotes (§4.1.1).
Found in_cookie(const TokenSource& source, const http::Fields& fields) {
  for (const http::Field& field : fields) {
    if (!core::iequals(field.name, "Cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      const std::string_view pair = core::trim(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != source.name) continue;
      std::string_view value = pair.substr(equals + 1);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      if (!value.empty()) return value;
    }
  }
  return std::nullopt;
}

}  // namespace

Found find_token(const std::vector<TokenSource>& sources, const http::Fields& fields,
                 std::string_view query, std::string& scratch) {
  for (const TokenSource& source : sources) {
    Found token;
    switch (source.type) {
      case TokenSource::Type::kHeader: token = in_header(source, fields); break;
      case TokenSource::Type::kQuery: token = in_query(source, query, scratch); break;
      case TokenSource::Type::kCookie: token = in_cookie(source, fields); break;
    }
    if (token) return token;
  }
  return std::nullopt;
}

}  // namespace yatagarasu::auth::jwt
