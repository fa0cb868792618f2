#include "auth/jwt/jwks_fetcher.h"

#include "auth/jwt/jwks_lifetime.h"
#include "auth/jwt/jwks_source.h"
#include "auth/jwt/jwks_url.h"
#include "client/fetch.h"
#include "client/options.h"
#include "client/origin.h"
#include "client/response_stream.h"
#include "core/ascii.h"
#include "core/result.h"
#include "http/entity_tag.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/tls_client.h"

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::auth::jwt {
namespace {

using core::ErrorCode;

// A hash in hexadecimal with room to spare. A longer one is not sent back.
constexpr std::size_t kMaxEtag = 256;

constexpr int kOk = 200;
constexpr int kNotModified = 304;
constexpr int kTooManyRequests = 429;

client::OriginOptions origin_options(const JwksFetchOptions& options, const JwksUrl& url,
                                     const io::TlsClientContext* tls) {
  client::OriginOptions origin;
  origin.host = url.connect_host;
  origin.port = url.port;
  origin.tls = tls;
  origin.connect_timeout = options.connect_timeout;
  origin.first_byte_timeout = options.first_byte_timeout;
  origin.stall_timeout = options.total_timeout;
  origin.max_connections = 1;
  origin.max_idle = 0;
  return origin;
}

// Why the answer cannot be used; empty when it can.
std::optional<core::Error> refusal_of(const http::ResponseHead& head, const std::string& etag) {
  if (head.status == kNotModified && !etag.empty()) return std::nullopt;
  const std::string answered = "the issuer answered " + std::to_string(head.status);
  if (head.status >= 300 && head.status < 400 && head.status != kNotModified) {
    return core::Error{ErrorCode::kOriginMalformed,
                       answered + ", a redirect: none is followed, name the final URL"};
  }
  if (head.status != kOk) {
    const bool may_pass = head.status >= 500 || head.status == kTooManyRequests;
    return core::Error{may_pass ? ErrorCode::kOriginFailed : ErrorCode::kOriginMalformed, answered};
  }
  const std::string_view coding = head.fields.get("Content-Encoding");
  if (!coding.empty() && !core::iequals(coding, "identity")) {
    return core::Error{ErrorCode::kOriginMalformed,
                       "the issuer answered with a content coding, which was not asked for"};
  }
  return std::nullopt;
}

}  // namespace

core::Result<std::unique_ptr<JwksFetcher>> JwksFetcher::create(io::Loop& loop,
                                                               io::Resolver& resolver,
                                                               const JwksFetchOptions& options) {
  core::Result<JwksUrl> url = parse_jwks_url(options.url);
  if (!url) return std::unexpected(std::move(url.error()));
  std::unique_ptr<io::TlsClientContext> tls;
  if (url->uses_tls) {
    auto context = io::TlsClientContext::create({.ca_file = options.ca_file});
    if (!context) return std::unexpected(std::move(context.error()));
    tls = std::move(*context);
  }
  return std::unique_ptr<JwksFetcher>(
      new JwksFetcher(loop, resolver, options, std::move(*url), std::move(tls)));
}

JwksFetcher::JwksFetcher(io::Loop& loop, io::Resolver& resolver, const JwksFetchOptions& options,
                         JwksUrl url, std::unique_ptr<io::TlsClientContext> tls)
    : options_(options),
      url_(std::move(url)),
      tls_(std::move(tls)),
      origin_(loop, resolver, origin_options(options_, url_, tls_.get())) {}

std::string JwksFetcher::request_head(const std::string& etag) const {
  std::string head = "GET " + url_.target + " HTTP/1.1\r\nHost: " + url_.host + "\r\n";
  head += "User-Agent: yatagarasu\r\nAccept: application/jwk-set+json, application/json\r\n";
  // Caches on the way must not hide a rotation.
  head += "Accept-Encoding: identity\r\nCache-Control: no-cache\r\nConnection: close\r\n";
  if (!etag.empty()) head += "If-None-Match: " + etag + "\r\n";
  return head + "\r\n";
}

io::Task<core::Result<JwksAnswer>> JwksFetcher::fetch(std::string etag) {
  const std::string head = request_head(etag);
  const io::TimePoint deadline = io::deadline_after(options_.total_timeout);
  const client::OutgoingRequest request{.head = head, .deadline = deadline};
  auto response = co_await origin_.send(request);
  if (!response) co_return std::unexpected(std::move(response.error()));
  co_return co_await read_answer(**response, etag);
}

io::Task<core::Result<JwksAnswer>> JwksFetcher::read_answer(client::ResponseStream& response,
                                                            const std::string& etag) const {
  const http::ResponseHead& head = response.head();
  if (auto refusal = refusal_of(head, etag)) co_return std::unexpected(std::move(*refusal));

  JwksAnswer answer;
  answer.lifetime = jwks_lifetime(head.fields);
  const std::string_view named = head.fields.get("ETag");
  if (named.size() <= kMaxEtag && http::is_entity_tag(named)) answer.etag = named;
  if (head.status == kNotModified) {
    if (answer.etag.empty()) answer.etag = etag;
    co_return answer;
  }
  core::Result<std::string> body = co_await client::read_whole(response, options_.max_body);
  if (!body) co_return std::unexpected(std::move(body.error()));
  answer.body = std::move(*body);
  co_return answer;
}

}  // namespace yatagarasu::auth::jwt
