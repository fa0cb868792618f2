#pragma once

#include "auth/jwt/jwks_source.h"
#include "auth/jwt/jwks_url.h"
#include "client/origin.h"
#include "client/response_stream.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/tls_client.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace yatagarasu::auth::jwt {

struct JwksFetchOptions {
  std::string url;
  std::string ca_file;  // PEM; empty = the system's authorities.

  // An issuer that answers at all does so at once; requests with a new key wait for it.
  std::chrono::milliseconds connect_timeout{3'000};     // DNS, TCP and TLS together.
  std::chrono::milliseconds first_byte_timeout{5'000};  // Begin of sending to the end of the head.
  std::chrono::milliseconds total_timeout{10'000};      // All of it; not zero.
  // A key with its certificate chain takes up to 8 KiB, and sets have a handful of keys.
  std::size_t max_body = 256 * 1'024;
};

// Fetches a JWK set by GET, over a new connection each time: minutes lie between two.
//
// Only 200 and, when an entity-tag was sent, 304 count. Redirects are refused: the operator names
// whom to trust, and an answer must not be able to name another, or lead from https to http. The
// content type is not looked at, since many issuers get it wrong; what is no JWK set is found out
// by its parser. Certificates are always verified.
//
// Threading: its loop. Lifetime: `loop` and `resolver` outlive it.
class JwksFetcher final : public JwksSource {
 public:
  // kConfiguration when the URL or the authorities' file cannot be used.
  static core::Result<std::unique_ptr<JwksFetcher>> create(io::Loop& loop, io::Resolver& resolver,
                                                           const JwksFetchOptions& options);

  // kOriginUnreachable, kOriginTimeout, kOriginMalformed, kOriginFailed (5xx, 429).
  io::Task<core::Result<JwksAnswer>> fetch(std::string etag) override;

 private:
  JwksFetcher(io::Loop& loop, io::Resolver& resolver, const JwksFetchOptions& options, JwksUrl url,
              std::unique_ptr<io::TlsClientContext> tls);

  std::string request_head(const std::string& etag) const;
  io::Task<core::Result<JwksAnswer>> read_answer(client::ResponseStream& response,
                                                 const std::string& etag) const;

  JwksFetchOptions options_;
  JwksUrl url_;
  std::unique_ptr<io::TlsClientContext> tls_;  // Null for http.
  client::Origin origin_;
};

}  // namespace yatagarasu::auth::jwt
