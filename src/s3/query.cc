#include "s3/query.h"

#include "aws/canonical_request.h"
#include "core/percent.h"
#include "core/result.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::s3 {

core::Result<std::string> select_query(std::string_view raw_query,
                                       const std::vector<std::string>& allowed) {
  if (allowed.empty()) return std::string();
  std::string selected;
  while (!raw_query.empty()) {
    const std::size_t end = raw_query.find('&');
    const std::string_view parameter = raw_query.substr(0, end);
    raw_query = end == std::string_view::npos ? std::string_view{} : raw_query.substr(end + 1);
    const auto name = core::percent_decode(parameter.substr(0, parameter.find('=')));
    if (!name || std::ranges::find(allowed, *name) == allowed.end()) continue;
    if (!selected.empty()) selected += '&';
    selected += parameter;
  }
  return selected.empty() ? std::string() : aws::canonical_query(selected);
}

}  // namespace yatagarasu::s3
