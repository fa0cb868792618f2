#pragma once

#include "app/runtime.h"
#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/jwks_refresher.h"
#include "auth/jwt/options.h"
#include "core/result.h"
#include "io/resolver.h"
#include "observability/logger.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::app {

// The JWK set URLs, over all configurations: each is fetched once, however many buckets name it,
// kept up to date on the control loop, and kept over reloads that go on naming it.
//
// Threading: one thread, while the runtime runs. Lifetime: what it is given outlives it; end_all()
// before destruction.
class Issuers {
 public:
  // `resolver`: the control loop's.
  Issuers(Runtime& runtime, io::Resolver& resolver, observability::Logger& logger)
      : runtime_(runtime), resolver_(resolver), logger_(logger) {}

  // The keys for a `jwt` block with a `jwks_url`; there are none before the first fetch.
  // kConfiguration when the URL or the authorities' file cannot be used.
  core::Result<std::shared_ptr<auth::jwt::JwksKeys>> keys_for(const auth::jwt::Options& options);

  // Fetches those that are in use and not fetched yet.
  void start();

  // Ends those whose keys nobody holds any more.
  void sweep();
  void end_all();

 private:
  struct Issuer {
    std::string identity;  // What makes them differ.
    std::shared_ptr<auth::jwt::JwksKeys> keys;
    std::unique_ptr<auth::jwt::JwksRefresher> refresher;
    bool is_started = false;
  };

  core::Result<std::shared_ptr<Issuer>> make(const auth::jwt::Options& options);
  void end(const std::vector<std::shared_ptr<Issuer>>& unused);
  void log(const std::string& host, auth::jwt::JwksEvent event, std::string_view cause);

  Runtime& runtime_;
  io::Resolver& resolver_;
  observability::Logger& logger_;
  std::vector<std::shared_ptr<Issuer>> issuers_;
};

}  // namespace yatagarasu::app
