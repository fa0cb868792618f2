#include "app/explain.h"

#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "auth/jwt/verifier.h"
#include "config/snapshot.h"
#include "core/secret.h"
#include "crypto/algorithm.h"
#include "http/codec/h1_request_parser.h"
#include "http/message.h"
#include "proxy/object_key.h"
#include "proxy/options.h"
#include "proxy/origin_request.h"
#include "routing/request_path.h"
#include "routing/route_table.h"
#include "s3/addressing.h"
#include "s3/request.h"
#include "s3/request_builder.h"

#include <fmt/core.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::app {
namespace {

std::string refused(int status, std::string_view why) {
  return fmt::format("answer          {}: {}\n", status, why);
}

// As it is hashed, so that it can be compared with another signer's byte by byte.
std::string block(std::string_view title, std::string_view text) {
  return fmt::format("\n{}\n{}\n", title, text);
}

std::string describe_request(const proxy::BucketOptions& bucket, const s3::Address& address,
                             const proxy::OriginRequest& origin, std::string_view key,
                             std::string_view authentication) {
  s3::RequestBuilder builder(bucket.s3, address);
  s3::ObjectRequest request;
  request.key = key;
  request.query = origin.query();
  request.headers = origin.headers();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const s3::Explanation explained = builder.explain(request, now);

  std::string out;
  out += fmt::format("bucket          {} (path_prefix {})\n", bucket.name, bucket.path_prefix);
  out += fmt::format("s3 bucket       {}\n", bucket.s3.bucket);
  out += fmt::format("key             {}\n", explained.key);
  out += authentication;
  out += fmt::format("url             {}\n", explained.url);
  if (!explained.signature) {
    return out + "signature       none: the bucket has no credentials\n";
  }
  // The session token is part of it, but not for anybody's eyes.
  out += block("canonical request",
               core::hide(explained.signature->canonical_request, bucket.s3.session_token));
  out += block("string to sign", explained.signature->string_to_sign);
  return out;
}

struct Admission {
  std::string text;
  bool is_admitted = true;
};

// Which token is asked for, and what is said to the one given.
Admission explain_auth(const proxy::BucketOptions& bucket,
                       const std::optional<std::string>& token) {
  if (!bucket.auth || !bucket.auth->enabled) {
    return {.text = "authentication  none: the bucket is public\n"};
  }
  if (!bucket.auth->jwt) return {.text = refused(503, "auth without jwt"), .is_admitted = false};
  const auth::jwt::Options& options = *bucket.auth->jwt;
  Admission admission{.text = "authentication  a token, signed with"};
  for (const auto algorithm : options.algorithms) {
    admission.text += fmt::format(" {}", crypto::name_of(algorithm));
  }
  admission.text += "\n";
  if (!token) return admission;
  if (!options.jwks_url.empty()) {
    admission.text += "token           not judged: its keys are fetched by serve alone\n";
    return admission;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto keys = auth::jwt::load_keys(options, now);
  if (!keys) return {.text = refused(503, keys.error().detail), .is_admitted = false};
  const auth::jwt::Verification verified = auth::jwt::verify_token(*token, options, *keys, now);
  if (verified.verdict == auth::jwt::Verdict::kGood) {
    admission.text +=
        fmt::format("token           good; subject {}\n",
                    verified.principal->subject.empty() ? "none" : verified.principal->subject);
    return admission;
  }
  admission.is_admitted = false;
  admission.text += verified.verdict == auth::jwt::Verdict::kForbidden
                        ? refused(403, "claim " + verified.broken_rules)
                        : refused(401, name_of(verified.verdict));
  return admission;
}

}  // namespace

ExplainedUrl explain_url(const config::Snapshot& snapshot, const std::string& url,
                         const std::optional<std::string>& token) {
  // A line of its own would be another header field.
  if (url.find_first_of("\r\n") != std::string::npos) return {.text = refused(400, "not a URL")};
  // The same parser as a request's, so that the same targets are refused.
  const std::string raw = "GET " + url + " HTTP/1.1\r\nHost: explain.invalid\r\n\r\n";
  http::H1RequestParser parser(
      {.head_bytes = raw.size() + 1,
       .uri_bytes = static_cast<std::size_t>(snapshot.server.limits.uri_length.bytes)});
  http::RequestHead head;
  if (parser.parse(raw, head) != http::ParseProgress::kDone) {
    const http::ParseFailure& failure = parser.failure();
    return {.text = refused(failure.status, failure.reason)};
  }
  std::string scratch;
  const auto path = routing::normalize_request_path(head.path, scratch);
  if (!path) return {.text = refused(400, path.error().detail)};

  std::vector<routing::Route> routes;
  routes.reserve(snapshot.buckets.size());
  for (const proxy::BucketOptions& bucket : snapshot.buckets) {
    routes.push_back({bucket.path_prefix, static_cast<std::uint32_t>(routes.size())});
  }
  const auto match = routing::RouteTable(routes).match(*path);
  if (!match) return {.text = refused(404, "no bucket has this path")};
  const proxy::BucketOptions& bucket = snapshot.buckets[match->index];
  const Admission admission = explain_auth(bucket, token);
  if (!admission.is_admitted) return {.text = admission.text};
  const std::string key = proxy::object_key(bucket, match->key);
  if (key.empty()) {
    return {.text = refused(404, "the key is empty, and the bucket has no index_document")};
  }
  const auto address = s3::resolve_address(bucket.s3);
  if (!address) return {.text = refused(502, address.error().detail)};
  const proxy::OriginRequest origin(head, bucket);
  if (origin.is_malformed()) return {.text = refused(400, "malformed escape in the query")};
  return {.text = describe_request(bucket, *address, origin, key, admission.text),
          .is_served = true};
}

}  // namespace yatagarasu::app
