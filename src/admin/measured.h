#pragma once

#include "admin/loop_monitor.h"
#include "admin/process_state.h"
#include "admin/request_rates.h"
#include "proxy/request_slot.h"
#include "proxy/services.h"
#include "server/connection_stats.h"
#include "server/http2_abuses.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace yatagarasu::admin {

// Where the reports get their numbers. All outlives the reports; whatever is read may be read on
// any thread.
struct Measured {
  const ProcessState& process;
  const proxy::RequestLimit& requests;
  const LoopMonitor& loops;
  const RequestRates& rates;
  const server::Http2Abuses& http2_abuses;
  std::vector<const server::ConnectionStats*> connections{};  // Of each loop.
  std::function<std::uint64_t()> log_lines_dropped{};
};

}  // namespace yatagarasu::admin
