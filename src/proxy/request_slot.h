#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace yatagarasu::proxy {

class RequestLimit;

// One place among the requests in flight; given back when it dies. Empty when there was none.
class RequestSlot {
 public:
  RequestSlot() = default;
  RequestSlot(RequestSlot&& other) noexcept : limit_(std::exchange(other.limit_, nullptr)) {}
  RequestSlot& operator=(RequestSlot&& other) noexcept {
    std::swap(limit_, other.limit_);
    return *this;
  }
  ~RequestSlot();

  explicit operator bool() const { return limit_ != nullptr; }

 private:
  friend class RequestLimit;
  explicit RequestSlot(RequestLimit& limit) : limit_(&limit) {}

  RequestLimit* limit_ = nullptr;
};

// How many requests the process works on at a time. Threading: any thread. Outlives its slots.
class RequestLimit {
 public:
  RequestLimit() = default;

  // Empty when `most` are there.
  RequestSlot take(std::uint32_t most) {
    if (in_flight_.fetch_add(1, std::memory_order_relaxed) < most) return RequestSlot(*this);
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    return {};
  }

  std::uint32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

 private:
  friend class RequestSlot;

  std::atomic<std::uint32_t> in_flight_{0};
};

inline RequestSlot::~RequestSlot() {
  if (limit_ != nullptr) limit_->in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace yatagarasu::proxy
