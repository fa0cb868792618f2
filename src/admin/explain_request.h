#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::admin {

struct ExplainRequest {
  std::string url;
  std::optional<std::string> token{};
};

// What is to be explained: the query `url=…`, percent-encoded, or the body {"url":…} with
// "token", which belongs into no URL. Else what is wrong with it, for the one who sent it.
std::expected<ExplainRequest, std::string> parse_explain_query(std::string_view query);
std::expected<ExplainRequest, std::string> parse_explain_body(std::string_view body);

}  // namespace yatagarasu::admin
