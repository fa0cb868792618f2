#include "auth/jwt/jwks_refresher.h"

#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/jwks_refresh_policy.h"
#include "auth/jwt/jwks_source.h"
#include "core/result.h"
#include "crypto/random.h"
#include "crypto/sha256.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/waiter.h"

#include <boost/asio/post.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::auth::jwt {
namespace {

// Uniform in [0, 1).
double random_fraction() {
  std::array<std::uint8_t, 2> bytes{};
  crypto::random_bytes(bytes);
  return (bytes[0] * 256 + bytes[1]) / 65'536.0;
}

}  // namespace

class JwksRefresher::Fetch {
 public:
  explicit Fetch(JwksKeys& keys) : keys_(keys) { keys_.fetch_began(); }
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch() { keys_.fetch_ended(io::Clock::now()); }

 private:
  JwksKeys& keys_;
};

JwksRefresher::JwksRefresher(io::Loop& loop, const JwksRefreshOptions& options, Parts parts)
    : loop_(loop),
      parts_(std::move(parts)),
      policy_(options, &random_fraction),
      tasks_(loop.executor(), [this](const std::exception_ptr&) {
        failed("the refresh ended by an exception");
        if (!is_stopping_) tasks_.spawn(refresh_until_stopped());
      }) {}

void JwksRefresher::start() {
  parts_.keys->attach([executor = loop_.executor(), bed = bed_] {
    io::asio::post(executor, [bed] {
      if (bed->waiter != nullptr) bed->waiter->wake();
    });
  });
  tasks_.spawn(refresh_until_stopped());
}

void JwksRefresher::request_stop() {
  is_stopping_ = true;
  parts_.keys->detach();
  tasks_.request_stop();
}

io::Task<void> JwksRefresher::refresh_until_stopped() {
  for (;;) {
    co_await sleep_until_due();
    co_await fetch_once();
  }
}

io::Task<void> JwksRefresher::sleep_until_due() {
  struct InBed {
    InBed(Bed& bed, io::Waiter& waiter) : bed(bed) { bed.waiter = &waiter; }
    InBed(const InBed&) = delete;
    InBed& operator=(const InBed&) = delete;
    ~InBed() { bed.waiter = nullptr; }
    Bed& bed;
  };
  while (!parts_.keys->is_asked() && io::Clock::now() < policy_.next_fetch()) {
    io::Waiter waiter(loop_);
    const InBed in_bed(*bed_, waiter);
    co_await waiter.wait(policy_.next_fetch());
  }
}

io::Task<void> JwksRefresher::fetch_once() {
  const Fetch fetch(*parts_.keys);
  const core::Result<JwksAnswer> answer = co_await parts_.source->fetch(etag_);
  // A fetch that was cancelled may say so by an error, which tells nothing about the issuer.
  if (is_stopping_) co_return;
  const core::Result<void> taken = answer ? take(*answer) : std::unexpected(answer.error());
  if (taken) {
    succeeded(*answer);
  } else {
    failed(taken.error().detail);
  }
}

core::Result<void> JwksRefresher::take(const JwksAnswer& answer) {
  std::shared_ptr<const KeySet> keys;
  if (answer.body) {
    const crypto::Sha256Digest digest = crypto::sha256(*answer.body);
    // The same keys again are no change: what was derived from them still holds.
    if (!has_keys_ || digest != digest_) {
      core::Result<std::shared_ptr<const KeySet>> parsed = parts_.parse(*answer.body);
      if (!parsed) {
        return core::failure(parsed.error().code, "the answer " + parsed.error().detail);
      }
      keys = std::move(*parsed);
      digest_ = digest;
    }
  }
  etag_ = answer.etag;
  parts_.keys->fetch_succeeded(keys, io::Clock::now());
  if (keys == nullptr) return {};
  parts_.on_event(has_keys_ ? JwksEvent::kChanged : JwksEvent::kLoaded, {});
  has_keys_ = true;
  return {};
}

void JwksRefresher::succeeded(const JwksAnswer& answer) {
  policy_.succeeded(io::Clock::now(), answer.lifetime);
  has_warned_ = false;
  if (last_cause_.empty()) return;
  last_cause_.clear();
  parts_.on_event(JwksEvent::kRecovered, {});
}

void JwksRefresher::failed(const std::string& cause) {
  const io::TimePoint now = io::Clock::now();
  policy_.failed(now);
  parts_.keys->fetch_failed();
  if (cause != last_cause_) {
    last_cause_ = cause;
    parts_.on_event(JwksEvent::kFailed, cause);
  }
  switch (policy_.review(now)) {
    case JwksRefreshPolicy::Keys::kNone:
    case JwksRefreshPolicy::Keys::kUsable: break;
    case JwksRefreshPolicy::Keys::kEnding:
      if (!std::exchange(has_warned_, true)) parts_.on_event(JwksEvent::kEnding, cause);
      break;
    case JwksRefreshPolicy::Keys::kGivenUp:
      // The whole set is wanted again.
      has_keys_ = false;
      etag_.clear();
      parts_.keys->give_up_keys();
      parts_.on_event(JwksEvent::kGivenUp, cause);
      break;
  }
}

}  // namespace yatagarasu::auth::jwt
