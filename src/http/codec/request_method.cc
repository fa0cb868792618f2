#include "http/codec/request_method.h"

#include "http/codec/h1_request_parser.h"
#include "http/message.h"
#include "http/syntax.h"

#include <optional>
#include <string_view>

namespace yatagarasu::http {
namespace {

Method method_of(std::string_view text) {
  if (text == "GET") return Method::kGet;
  if (text == "HEAD") return Method::kHead;
  if (text == "OPTIONS") return Method::kOptions;
  return Method::kOther;
}

}  // namespace

std::optional<ParseFailure> parse_method(std::string_view text, RequestHead& head) {
  head.method_text = text;
  if (!is_token(text)) return ParseFailure{.status = 400, .reason = "malformed method"};
  if (text.size() > kLongestMethod) {
    return ParseFailure{.status = 405, .reason = "method too long"};
  }
  head.method = method_of(text);
  // It would make a tunnel of the connection, whatever its target looks like.
  if (text == "CONNECT") return ParseFailure{.status = 405, .reason = "CONNECT is not served"};
  return std::nullopt;
}

}  // namespace yatagarasu::http
