#include "admin/entry_rule.h"

#include "admin/json_answer.h"
#include "core/ascii.h"
#include "core/cidr.h"
#include "core/secret.h"
#include "crypto/constant_time.h"
#include "http/message.h"
#include "server/handler.h"

#include <optional>
#include <string_view>

namespace yatagarasu::admin {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// A name that somebody's DNS server gives for this machine's address is not one of these (DNS
// rebinding).
bool is_own_host(std::string_view host) {
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  return core::iequals(host, "localhost") || core::IpAddress::parse(host).has_value();
}

}  // namespace

std::optional<server::Response> refuse_entry(const core::Secret& secret,
                                             const http::RequestHead& head) {
  const std::string_view token = secret.reveal();
  if (token.empty()) {
    if (!head.fields.has("Origin") && is_own_host(head.host)) return std::nullopt;
    return json_error(
        403, "forbidden",
        "Without `admin.token` requests of web pages, and by host names, are refused.");
  }
  const std::string_view sent = head.fields.get("Authorization");
  const bool is_bearer = core::istarts_with(sent, kBearer);
  if (is_bearer && crypto::constant_time_equal(sent.substr(kBearer.size()), token)) {
    return std::nullopt;
  }
  server::Response response =
      json_error(401, "unauthorized", "The admin token is needed: Authorization: Bearer …");
  response.headers.add("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace yatagarasu::admin
