#pragma once

#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/jwks_refresher.h"
#include "auth/jwt/options.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "observability/logger.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::app {

// The JWK set URLs of one configuration: each is fetched once, however many buckets name it, and
// kept up to date on one loop.
//
// Call start() once, then request_stop(), both from within the loop, and wait for finished().
// Lifetime: the loop and the logger outlive it.
class Issuers {
 public:
  Issuers(io::Loop& loop, observability::Logger& logger) : loop_(loop), logger_(logger) {}

  // The keys for a `jwt` block with a `jwks_url`; there are none before the first fetch. `resolver`
  // is the loop's. kConfiguration when the URL or the authorities' file cannot be used.
  core::Result<std::shared_ptr<auth::jwt::JwksKeys>> keys_for(const auth::jwt::Options& options,
                                                              io::Resolver& resolver);

  void start();
  void request_stop();
  bool finished() const;

 private:
  void log(const std::string& host, auth::jwt::JwksEvent event, std::string_view cause);

  io::Loop& loop_;
  observability::Logger& logger_;
  std::map<std::string, std::shared_ptr<auth::jwt::JwksKeys>> keys_;  // By what makes them differ.
  std::vector<std::unique_ptr<auth::jwt::JwksRefresher>> refreshers_;
};

}  // namespace yatagarasu::app
