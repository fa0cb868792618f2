#pragma once

#include "admin/process_state.h"
#include "admin/view.h"
#include "config/snapshot.h"
#include "proxy/services.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace yatagarasu::app {

// One configuration and all that was built from it, in use until the last request that began with
// it has ended.
//
// Threading: made, and destroyed once it is unused, by one thread; lease() by the same.
class Generation {
 public:
  // `on_unused`: called on any thread when the last lease was given back; outlives the leases.
  Generation(config::Snapshot loaded, std::uint64_t number, const admin::ProcessState& process,
             std::function<void()> on_unused);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  const config::Snapshot snapshot;
  proxy::Services services;
  admin::View view;

  // For one loop, which shares no count with the others.
  struct Lease {
    proxy::ServicesLease services;
    std::shared_ptr<const admin::View> view;
  };
  Lease lease();
  bool is_unused() const { return usage_->leases.load() == 0; }

 private:
  struct Usage {
    std::atomic<std::uint32_t> leases{0};
    std::function<void()> on_unused;
  };

  std::shared_ptr<Usage> usage_;
};

}  // namespace yatagarasu::app
