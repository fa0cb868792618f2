#include "devs3/query.h"

#include "core/percent.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::devs3 {

std::optional<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (part.empty()) continue;

    const auto equals = part.find('=');
    auto name = core::percent_decode(part.substr(0, equals));
    auto value = core::percent_decode(equals == std::string_view::npos ? std::string_view()
                                                                       : part.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    query.parts_.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

std::optional<std::string_view> Query::get(std::string_view name) const {
  const auto found = std::ranges::find(parts_, name, &std::pair<std::string, std::string>::first);
  if (found == parts_.end()) return std::nullopt;
  return found->second;
}

}  // namespace yatagarasu::devs3
