#include "admin/purge_request.h"

#include "admin/cache_admin.h"
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

constexpr std::string_view kForms =
    R"({"bucket":"…","key":"…"}, {"bucket":"…","prefix":"…"}, {"bucket":"…"} or {"all":true})";

Problem problem(std::string_view what) {
  return Problem(std::string(what) + "; a purge is " + std::string(kForms));
}

std::optional<std::string> text_of(const boost::json::object& members, std::string_view name) {
  const boost::json::value* const value = members.if_contains(name);
  if (value == nullptr) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<Problem> check_members(const boost::json::object& members) {
  for (const auto& [name, value] : members) {
    if (name == "all") {
      const bool* const flag = value.if_bool();
      if (flag == nullptr || !*flag) return problem("`all` must be true");
    } else if (name != "bucket" && name != "key" && name != "prefix") {
      return problem("`" + std::string(name) + "` is not a member of a purge");
    } else if (!value.is_string() || value.get_string().empty()) {
      return problem("`" + std::string(name) + "` must be a text that is not empty");
    }
  }
  return std::nullopt;
}

}  // namespace

std::expected<CacheAdmin::Target, std::string> parse_purge_request(std::string_view body) {
  const std::optional<boost::json::object> members = core::parse_strict_object(body);
  if (!members) return problem("the body is no JSON object, or names a member twice");
  if (auto wrong = check_members(*members)) return *std::move(wrong);
  if (members->contains("all")) {
    if (members->size() > 1) return problem("`all` stands alone");
    return CacheAdmin::Target{};
  }
  if (!members->contains("bucket")) return problem("the body names no bucket");
  if (members->contains("key") && members->contains("prefix")) {
    return problem("`key` and `prefix` exclude each other");
  }
  return CacheAdmin::Target{.bucket = std::string(members->at("bucket").get_string()),
                            .key = text_of(*members, "key"),
                            .prefix = text_of(*members, "prefix")};
}

}  // namespace yatagarasu::admin
