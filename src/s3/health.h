#pragma once

#include <atomic>
#include <cstdint>

namespace yatagarasu::s3 {

enum class BucketState : std::uint8_t { kUnknown, kUp, kDown };

// What is known of one bucket from its probe and from real traffic.
//
// Threading: any thread; every member is a single atomic, and a reader may see one change before
// another.
class BucketHealth {
 public:
  // The origin answered for the bucket: up, even when a request of a client failed.
  void answered() {
    if (state_.load(std::memory_order_relaxed) != BucketState::kUp) state_.store(BucketState::kUp);
  }
  // It could not be asked, or refuses this proxy's credentials.
  void failed() { state_.store(BucketState::kDown); }

  void set_credentials_refused(bool refused) { credentials_refused_.store(refused); }

  // As another was seen last, before the first answer. Of several threads only while none else
  // writes.
  void begin_as(const BucketHealth& other) {
    state_.store(other.state());
    credentials_refused_.store(other.credentials_refused());
  }

  BucketState state() const { return state_.load(std::memory_order_relaxed); }
  // The probe was refused for its credentials: a bare 403 means the same.
  bool credentials_refused() const { return credentials_refused_.load(std::memory_order_relaxed); }

 private:
  std::atomic<BucketState> state_{BucketState::kUnknown};
  std::atomic<bool> credentials_refused_{false};
};

}  // namespace yatagarasu::s3
