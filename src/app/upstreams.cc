#include "app/upstreams.h"

#include "app/file_bytes.h"
#include "app/runtime.h"
#include "app/unshared.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/tls_client.h"
#include "observability/logger.h"
#include "proxy/options.h"
#include "resilience/circuit_breaker.h"
#include "s3/addressing.h"
#include "s3/client.h"
#include "s3/health.h"
#include "s3/options.h"
#include "s3/prober.h"
#include "s3/resilience.h"
#include "s3/upstream.h"

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::app {

namespace {

// Whether what was learnt of how the one fares is true of the other.
bool asks_alike(const s3::Options& one, const s3::Options& other) {
  return one.endpoint == other.endpoint && one.region == other.region &&
         one.bucket == other.bucket && one.retry == other.retry &&
         one.circuit_breaker == other.circuit_breaker;
}

}  // namespace

core::Result<std::shared_ptr<s3::Upstream>> Upstreams::get(const proxy::BucketOptions& bucket) {
  std::string authorities;
  if (!bucket.s3.tls.ca_file.empty()) authorities = file_bytes(bucket.s3.tls.ca_file);
  const Kept* of_same_name = nullptr;
  for (const auto& kept : kept_) {
    if (kept->name != bucket.name) continue;
    if (kept->options == bucket.s3 && kept->authorities == authorities) return shared(kept);
    of_same_name = kept.get();
  }
  auto kept = std::make_shared<Kept>();
  s3::Upstream& upstream = kept->upstream;
  kept->name = bucket.name;
  kept->options = bucket.s3;
  kept->authorities = std::move(authorities);
  if (of_same_name != nullptr) {
    // Until its own probe has answered it counts as what the one before it was.
    upstream.health.begin_as(of_same_name->upstream.health);
    if (asks_alike(of_same_name->options, bucket.s3)) {
      upstream.resilience = of_same_name->upstream.resilience;
    }
  }
  if (upstream.resilience == nullptr) {
    // It may outlive this object with those who hold it; the log outlives them all.
    upstream.resilience = std::make_shared<s3::Resilience>(
        bucket.s3, [&logger = logger_, name = bucket.name](resilience::CircuitState state) {
          if (state == resilience::CircuitState::kOpen) {
            logger.warn("circuit breaker opened", {{"bucket", name}});
          } else {
            logger.info("circuit breaker closed", {{"bucket", name}});
          }
        });
  }
  if (auto made = make(*kept); !made) return std::unexpected(std::move(made.error()));
  kept_.push_back(kept);
  return shared(kept);
}

std::shared_ptr<s3::Upstream> Upstreams::shared(const std::shared_ptr<Kept>& kept) {
  // Counted with what is kept, so that sweep() sees who holds it.
  return {kept, &kept->upstream};
}

core::Result<void> Upstreams::make(Kept& kept) {
  const s3::Options& options = kept.options;
  s3::Upstream& upstream = kept.upstream;
  upstream.metrics = metrics_.of_upstream(kept.name);
  const core::Result<s3::Address> address = s3::resolve_address(options);
  if (!address) return std::unexpected(address.error());
  if (address->uses_tls) {
    auto context = io::TlsClientContext::create(
        {.ca_file = options.tls.ca_file,
         .verify = options.tls.verify ? io::VerifyPeer::kYes : io::VerifyPeer::kNo});
    if (!context) return std::unexpected(std::move(context.error()));
    upstream.tls = *std::move(context);
  }
  const auto loops = static_cast<unsigned>(runtime_.loops().size());
  runtime_.on_every_loop([&](io::Loop& loop) {
    upstream.clients.push_back(std::make_unique<s3::Client>(
        s3::Client::Parts{.loop = loop,
                          .resolver = *resolvers_[loop.index()],
                          .tls = upstream.tls.get(),
                          .loops = loops,
                          .resilience = upstream.resilience,
                          .observer = &upstream.metrics->of(loop.index())},
        options, *address));
  });
  return {};
}

void Upstreams::start_probing() {
  for (const auto& kept : kept_) {
    s3::Upstream& upstream = kept->upstream;
    if (upstream.prober != nullptr) continue;
    Runtime::run_on(runtime_.control(), [&] {
      upstream.prober = std::make_unique<s3::Prober>(
          runtime_.control(), *upstream.clients.back(), upstream.health,
          [this, name = kept->name](s3::BucketState state, std::string_view detail) {
            if (state == s3::BucketState::kUp) {
              logger_.info("bucket is up", {{"bucket", name}});
            } else {
              logger_.error("bucket is down", {{"bucket", name}, {"reason", detail}});
            }
          });
      upstream.prober->start();
    });
  }
}

void Upstreams::sweep() {
  end(take_unshared(kept_));
}

void Upstreams::end_all() {
  end(std::exchange(kept_, {}));
}

void Upstreams::end(const std::vector<std::shared_ptr<Kept>>& unused) {
  for (const auto& kept : unused) {
    s3::Upstream& upstream = kept->upstream;
    if (upstream.prober != nullptr) {
      runtime_.end_on(
          runtime_.control(), [&] { upstream.prober->request_stop(); },
          [&] { return upstream.prober->finished(); });
      Runtime::run_on(runtime_.control(), [&] { upstream.prober.reset(); });
    }
    runtime_.on_every_loop([&](io::Loop& loop) { upstream.clients[loop.index()].reset(); });
  }
}

}  // namespace yatagarasu::app
