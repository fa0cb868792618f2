#include "admin/explain_request.h"

#include "core/percent.h"
#include "core/strict_json.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::admin {
namespace {

using Problem = std::unexpected<std::string>;

constexpr std::string_view kUrl = "url=";

Problem problem(std::string_view what) {
  return Problem(std::string(what) +
                 R"(; ask with ?url=/a/path, or with a body {"url":"/a/path","token":"…"})");
}

}  // namespace

std::expected<ExplainRequest, std::string> parse_explain_query(std::string_view query) {
  if (!query.starts_with(kUrl) || query.contains('&')) return problem("the query is not url=…");
  std::optional<std::string> url = core::percent_decode(query.substr(kUrl.size()));
  if (!url) return problem("the query has a malformed escape");
  if (url->empty()) return problem("the url is empty");
  return ExplainRequest{.url = *std::move(url)};
}

std::expected<ExplainRequest, std::string> parse_explain_body(std::string_view body) {
  const std::optional<boost::json::object> members = core::parse_strict_object(body);
  if (!members) return problem("the body is no JSON object, or names a member twice");
  ExplainRequest request;
  for (const auto& [name, value] : *members) {
    if (name != "url" && name != "token") {
      return problem("`" + std::string(name) + "` is not a member of it");
    }
    if (!value.is_string() || value.get_string().empty()) {
      return problem("`" + std::string(name) + "` must be a text that is not empty");
    }
    const std::string text(value.get_string());
    if (name == "url") request.url = text;
    if (name == "token") request.token = text;
  }
  if (request.url.empty()) return problem("the body names no url");
  return request;
}

}  // namespace yatagarasu::admin
