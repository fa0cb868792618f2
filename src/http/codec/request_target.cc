#include "http/codec/request_target.h"

#include "core/ascii.h"
#include "http/codec/h1_request_parser.h"
#include "http/host.h"
#include "http/message.h"
#include "http/syntax.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

void split_path(std::string_view rest, RequestHead& head) {
  rest = rest.substr(0, rest.find('#'));
  const std::size_t mark = std::min(rest.find('?'), rest.size());
  head.path = rest.substr(0, mark);
  head.query = mark == rest.size() ? std::string_view{} : rest.substr(mark + 1);
}

}  // namespace

std::optional<ParseFailure> parse_request_target(std::string_view target, RequestHead& head) {
  head.host = {};
  if (!std::ranges::all_of(target, is_target_char)) {
    return ParseFailure{.status = 400, .reason = "a byte in the target that no URI may hold"};
  }
  if (target.starts_with('/')) {
    split_path(target, head);
    return std::nullopt;
  }
  if (target == "*" && head.method == Method::kOptions) {
    head.path = target;
    head.query = {};
    return std::nullopt;
  }
  std::size_t scheme = 0;
  if (core::istarts_with(target, kHttp)) scheme = kHttp.size();
  if (core::istarts_with(target, kHttps)) scheme = kHttps.size();
  if (scheme == 0) {
    return ParseFailure{.status = 400, .reason = "target neither a path nor an http URI"};
  }
  const std::string_view rest = target.substr(scheme);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  head.host = rest.substr(0, end);
  if (!is_valid_host(head.host)) {
    return ParseFailure{.status = 400, .reason = "malformed authority in the target"};
  }
  split_path(rest.substr(end), head);
  if (head.path.empty()) head.path = "/";  // RFC 9110 §4.2.3.
  return std::nullopt;
}

}  // namespace yatagarasu::http
