#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::devs3 {

// A request's query, decoded, in its order. A name without "=" has an empty value.
class Query {
 public:
  // Empty when an escape is malformed.
  static std::optional<Query> parse(std::string_view text);

  // The first of that name.
  std::optional<std::string_view> get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }

  auto begin() const { return parts_.begin(); }
  auto end() const { return parts_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> parts_;
};

}  // namespace yatagarasu::devs3
