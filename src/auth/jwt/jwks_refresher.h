#pragma once

#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/jwks_refresh_policy.h"
#include "auth/jwt/jwks_source.h"
#include "core/result.h"
#include "crypto/sha256.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/waiter.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {

class KeySet;

enum class JwksEvent : std::uint8_t {
  kLoaded,     // There are keys, where there were none.
  kChanged,    // The issuer's keys are others now.
  kFailed,     // A fetch failed, otherwise than the one before it.
  kRecovered,  // The first fetch that succeeded after one that failed.
  kEnding,     // The issuer has been away for so long that its keys are given up soon.
  kGivenUp,    // They are: until a fetch succeeds no token can be verified.
};

// Keeps the keys of one JWK set URL up to date: fetches the set at start, then as
// JwksRefreshPolicy says and when a request asks for it. An answer that cannot be used leaves the
// keys as they are. No request waits for a scheduled fetch, unless its token's key is not known.
//
// Call start() once, then request_stop() from within the loop, and wait for finished() before
// destruction; no request waits for keys from request_stop() on. Threading: its loop.
class JwksRefresher {
 public:
  // The body of an answer to keys; an error for a set without any that can be used. Its detail
  // goes on where "the answer" begins and repeats nothing of the body. Must not be empty, nor
  // yield null.
  using Parse = std::function<core::Result<std::shared_ptr<const KeySet>>(std::string_view body)>;
  // `cause` is for the log; empty but for kFailed, kEnding and kGivenUp.
  using OnEvent = std::function<void(JwksEvent event, std::string_view cause)>;

  struct Parts {
    std::unique_ptr<JwksSource> source;
    std::shared_ptr<JwksKeys> keys;
    Parse parse;
    OnEvent on_event;
  };

  JwksRefresher(io::Loop& loop, const JwksRefreshOptions& options, Parts parts);

  void start();
  void request_stop();
  bool finished() const { return tasks_.empty(); }

 private:
  // Where the task sleeps. Shared with what other threads post to wake it.
  struct Bed {
    io::Waiter* waiter = nullptr;
  };
  // From the begin of a fetch to its end, also when that is an exception.
  class Fetch;

  io::Task<void> refresh_until_stopped();
  io::Task<void> sleep_until_due();
  io::Task<void> fetch_once();
  core::Result<void> take(const JwksAnswer& answer);
  void succeeded(const JwksAnswer& answer);
  void failed(const std::string& cause);

  io::Loop& loop_;
  Parts parts_;
  JwksRefreshPolicy policy_;
  std::shared_ptr<Bed> bed_ = std::make_shared<Bed>();

  // Of the answer that the keys are from.
  std::string etag_;
  crypto::Sha256Digest digest_{};

  std::string last_cause_;  // Empty when the last fetch succeeded.
  bool has_keys_ = false;
  bool has_warned_ = false;  // Of the keys' end, since the last fetch that succeeded.
  bool is_stopping_ = false;
  io::TaskGroup tasks_;  // Last: its tasks use every member above.
};

}  // namespace yatagarasu::auth::jwt
