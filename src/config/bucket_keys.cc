#include "config/bind.h"
#include "config/checks.h"
#include "config/key.h"
#include "config/path_prefix.h"
#include "config/reader.h"
#include "config/tables.h"
#include "config/yaml_tree.h"
#include "core/ascii.h"
#include "http/cors.h"
#include "http/host.h"
#include "http/syntax.h"
#include "proxy/options.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::config {
namespace {

using http::CorsOptions;
using proxy::BucketOptions;
using Names = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) return http::is_valid_host(text.substr(scheme.size()));
  }
  return false;
}

std::optional<std::string> must_be_origins(const Names& origins) {
  if (origins.empty()) return "a list of at least one origin, or [\"*\"]";
  if (origins.size() == 1 && origins.front() == "*") return std::nullopt;
  for (const std::string& origin : origins) {
    if (!is_origin(origin)) {
      return "origins such as https://app.example, or one \"*\"; `" + origin + "` is none";
    }
  }
  return std::nullopt;
}

std::optional<std::string> must_be_forwardable(const Names& names) {
  if (auto wrong = header_names(Star::kRefused)(names)) return wrong;
  for (const std::string& name : names) {
    const std::string lower = core::to_lower(name);
    if (lower == "authorization" || lower == "cookie" || lower == "host" ||
        lower.starts_with("x-amz-") || is_framing_header(lower) || lower == "proxy-authorization") {
      return "headers that may reach the store; `" + name + "` never does";
    }
  }
  return std::nullopt;
}

std::optional<std::string> must_be_settable(const Pairs& headers) {
  for (const auto& [name, value] : headers) {
    if (!http::is_token(name)) return "header names and values; `" + name + "` is no name";
    if (is_framing_header(name))
      return "headers that do not frame the message; `" + name + "` does";
    if (core::iequals(name, "X-Request-Id"))
      return "headers that are not the proxy's own; `" + name + "` is";
    if (!http::is_field_value(value))
      return "header names and values; the value of `" + name + "` holds a control character";
  }
  return std::nullopt;
}

// With these a GET asks S3 for something else than the object.
bool is_subresource(std::string_view name) {
  constexpr std::array<std::string_view, 10> kSubresources = {
      "acl",     "attributes", "legal-hold", "object-lock", "retention",
      "tagging", "torrent",    "uploadId",   "uploads",     "versions"};
  return std::ranges::find(kSubresources, name) != kSubresources.end();
}

std::optional<std::string> must_be_parameters(const Names& names) {
  for (const std::string& name : names) {
    if (name.empty()) return "names of query parameters; one is empty";
    if (core::istarts_with(name, "x-amz-") || is_subresource(name)) {
      return "parameters of GetObject that sign nothing; `" + name + "` is none";
    }
    if (std::ranges::count(names, name) > 1)
      return "names of query parameters; `" + name + "` is there twice";
  }
  return std::nullopt;
}

std::optional<std::string> must_be_index_document(const std::string& name) {
  if (name.starts_with('/') || name.find('\0') != std::string::npos)
    return "a key's end such as index.html";
  return std::nullopt;
}

const Block& cors_block() {
  static const Block block{
      .title = "a cors block",
      .keys = {
          key("allow_origins", &CorsOptions::allow_origins,
              "Origins whose scripts may read, or [\"*\"].", Check<Names>(must_be_origins),
              Presence::kRequired),
          key("allow_headers", &CorsOptions::allow_headers,
              "Request headers that scripts may send, or [\"*\"].", header_names(Star::kAllowed)),
          key("expose_headers", &CorsOptions::expose_headers,
              "Response headers that scripts may read.", header_names(Star::kAllowed)),
          key("max_age", &CorsOptions::max_age, "How long a browser may remember a preflight.")}};
  return block;
}

const Block& response_headers_block() {
  static const Block block{
      .title = "response_headers",
      .keys = {
          key("set", &BucketOptions::set_response_headers,
              "Headers of every answer, in place of the store's.", Check<Pairs>(must_be_settable)),
          key("remove", &BucketOptions::remove_response_headers,
              "Headers that never reach a client.", header_names(Star::kRefused))}};
  return block;
}

Key path_prefix_key() {
  Key declared = key(
      "path_prefix", &BucketOptions::path_prefix,
      "The paths that are this bucket's: starts with \"/\"; the longest prefix that matches whole "
      "segments wins.",
      {}, Presence::kRequired);
  declared.read = [](Reader& reader, const Node& node, void* owner) {
    const auto text = reader.scalar(node, "a text");
    if (!text) return;
    auto prefix = normalize_prefix(*text);
    if (!prefix) {
      reader.report(node, "`" + reader.path() + "` must be " + prefix.error());
      return;
    }
    static_cast<BucketOptions*>(owner)->path_prefix = *std::move(prefix);
  };
  return declared;
}

}  // namespace

const Block& bucket_block() {
  using proxy::ErrorResponses;
  static const Block block{
      .title = "a bucket",
      .keys = {
          key("name", &BucketOptions::name, "Unique; the label in logs.",
              Check<std::string>(must_not_be_empty), Presence::kRequired),
          path_prefix_key(),
          nested("s3", &BucketOptions::s3, s3_block(), "Where the objects are.",
                 Presence::kRequired),
          nested("auth", &BucketOptions::auth, auth_block(), "Who may read; absent = everyone."),
          nested("cache", &BucketOptions::cache_overrides, bucket_cache_block(),
                 "How its objects are cached, where that differs from the root's `cache`."),
          nested("cors", &BucketOptions::cors, cors_block(),
                 "Cross-origin access for scripts; absent = none."),
          grouped<BucketOptions>("response_headers", response_headers_block(),
                                 "Changes to the headers of answers."),
          nested("rate_limit", &BucketOptions::rate_limit, bucket_rate_limit_block(),
                 "How many requests for this bucket are let in."),
          key("index_document", &BucketOptions::index_document,
              "Appended to keys that are empty or end in \"/\", e.g. index.html; empty = none.",
              Check<std::string>(must_be_index_document)),
          key("forward_request_headers", &BucketOptions::forward_request_headers,
              "Further client headers to send on to the store (never Authorization, Cookie, "
              "Host or x-amz-*).",
              Check<Names>(must_be_forwardable)),
          key("pass_response_headers", &BucketOptions::pass_response_headers,
              "Further headers of the store to pass to clients; [\"*\"] = all end-to-end "
              "headers.",
              header_names(Star::kAllowed)),
          choice("error_responses", &BucketOptions::error_responses,
                 {{"proxy", ErrorResponses::kProxy}, {"origin", ErrorResponses::kOrigin}},
                 "proxy = JSON errors of this proxy; origin = what the store answered, status "
                 "and body."),
          key("allowed_query", &BucketOptions::allowed_query,
              "Query parameters sent on to the store, e.g. versionId (never x-amz-* or what asks "
              "for something else than the object, such as acl).",
              Check<Names>(must_be_parameters)),
      }};
  return block;
}

}  // namespace yatagarasu::config
