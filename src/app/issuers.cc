#include "app/issuers.h"

#include "app/file_bytes.h"
#include "app/runtime.h"
#include "app/unshared.h"
#include "auth/jwt/jwks_fetcher.h"
#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/jwks_refresh_policy.h"
#include "auth/jwt/jwks_refresher.h"
#include "auth/jwt/jwks_url.h"
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "core/result.h"
#include "crypto/algorithm.h"
#include "observability/logger.h"

#include <fmt/core.h>

#include <algorithm>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::app {
namespace {

using auth::jwt::JwksEvent;
using auth::jwt::KeySet;

std::string identity_of(const auth::jwt::Options& options) {
  std::string identity =
      fmt::format("{}\n{}\n{}\n{}", options.jwks_url, options.jwks_ca_file,
                  file_bytes(options.jwks_ca_file), options.jwks_refresh.count());
  for (const auto algorithm : options.algorithms) {
    identity += '\n';
    identity += crypto::name_of(algorithm);
  }
  return identity;
}

auth::jwt::JwksRefresher::Parse parser_for(std::vector<crypto::SignatureAlgorithm> algorithms) {
  return [algorithms = std::move(algorithms)](
             std::string_view body) -> core::Result<std::shared_ptr<const KeySet>> {
    auto keys = auth::jwt::parse_jwk_set(body, algorithms);
    if (!keys) return std::unexpected(std::move(keys.error()));
    return std::make_shared<const KeySet>(*std::move(keys));
  };
}

}  // namespace

core::Result<std::shared_ptr<auth::jwt::JwksKeys>> Issuers::keys_for(
    const auth::jwt::Options& options) {
  const std::string identity = identity_of(options);
  auto known = std::ranges::find(issuers_, identity, &Issuer::identity);
  if (known == issuers_.end()) {
    auto made = make(options);
    if (!made) return std::unexpected(std::move(made.error()));
    (*made)->identity = identity;
    known = issuers_.insert(issuers_.end(), *std::move(made));
  }
  // Counted with the issuer, so that sweep() sees who holds them.
  return std::shared_ptr<auth::jwt::JwksKeys>(*known, (*known)->keys.get());
}

core::Result<std::shared_ptr<Issuers::Issuer>> Issuers::make(const auth::jwt::Options& options) {
  auto issuer = std::make_shared<Issuer>();
  core::Result<void> made;
  Runtime::run_on(runtime_.control(), [&] {
    auto fetcher = auth::jwt::JwksFetcher::create(
        runtime_.control(), resolver_, {.url = options.jwks_url, .ca_file = options.jwks_ca_file});
    if (!fetcher) {
      made = std::unexpected(std::move(fetcher.error()));
      return;
    }
    // The URL's query may hold a secret: lines name the host alone.
    const auto url = auth::jwt::parse_jwks_url(options.jwks_url);
    const auth::jwt::JwksRefreshOptions refresh{.refresh = options.jwks_refresh};
    issuer->keys = std::make_shared<auth::jwt::JwksKeys>(refresh.refetch_cooldown);
    issuer->refresher = std::make_unique<auth::jwt::JwksRefresher>(
        runtime_.control(), refresh,
        auth::jwt::JwksRefresher::Parts{
            .source = std::move(*fetcher),
            .keys = issuer->keys,
            .parse = parser_for(options.algorithms),
            .on_event = [this, host = url->host](JwksEvent event, std::string_view cause) {
              log(host, event, cause);
            }});
  });
  if (!made) return std::unexpected(std::move(made.error()));
  return issuer;
}

void Issuers::log(const std::string& host, JwksEvent event, std::string_view cause) {
  switch (event) {
    case JwksEvent::kLoaded: logger_.info("issuer's keys loaded", {{"issuer", host}}); break;
    case JwksEvent::kChanged: logger_.info("issuer's keys changed", {{"issuer", host}}); break;
    case JwksEvent::kRecovered: logger_.info("issuer is back", {{"issuer", host}}); break;
    case JwksEvent::kFailed:
      logger_.error("issuer's keys could not be fetched", {{"issuer", host}, {"reason", cause}});
      break;
    case JwksEvent::kEnding:
      logger_.error("issuer's keys are given up soon", {{"issuer", host}, {"reason", cause}});
      break;
    case JwksEvent::kGivenUp:
      logger_.error("issuer's keys are given up", {{"issuer", host}, {"reason", cause}});
      break;
  }
}

void Issuers::start() {
  for (const auto& issuer : issuers_) {
    if (std::exchange(issuer->is_started, true)) continue;
    Runtime::run_on(runtime_.control(), [&] { issuer->refresher->start(); });
  }
}

void Issuers::sweep() {
  end(take_unshared(issuers_));
}

void Issuers::end_all() {
  end(std::exchange(issuers_, {}));
}

void Issuers::end(const std::vector<std::shared_ptr<Issuer>>& unused) {
  for (const auto& issuer : unused) {
    auth::jwt::JwksRefresher& refresher = *issuer->refresher;
    runtime_.end_on(
        runtime_.control(), [&] { refresher.request_stop(); },
        [&] { return refresher.finished(); });
    Runtime::run_on(runtime_.control(), [&] { issuer->refresher.reset(); });
  }
}

}  // namespace yatagarasu::app
