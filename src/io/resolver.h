#pragma once

#include "core/result.h"
#include "io/loop.h"
#include "io/resolver_cache.h"
#include "io/resolver_channel.h"
#include "io/task.h"
#include "io/tcp_stream.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::io {

// Host names to addresses, without blocking the loop.
//
// Answers are kept for their TTL, failures for a moment, and tasks that ask for one name at the
// same time share a query. When the name servers do not answer, the last known good answer is
// given out for a while longer.
//
// Threading: the loop's thread. Lifetime: `loop` outlives the resolver. A resolve() that is under
// way when the resolver dies ends with kShuttingDown.
class Resolver {
 public:
  // Throws std::runtime_error when the system's resolver configuration cannot be used.
  explicit Resolver(Loop& loop, const ResolverOptions& options = {});
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // All addresses of `host`, v4 and v6; at least one. An address literal, also "[v6]", is its own
  // answer. kOriginUnreachable when the name does not exist or the servers refuse,
  // kOriginTimeout when they do not answer in time.
  Task<core::Result<std::vector<Endpoint>>> resolve(std::string_view host, std::uint16_t port,
                                                    TimePoint deadline);

 private:
  struct Lookup;

  std::shared_ptr<Lookup> join_lookup(const std::string& host);
  void finish(const std::string& host, DnsAnswer answer);

  Loop& loop_;
  std::function<TimePoint()> now_;
  ResolverCache cache_;
  std::map<std::string, std::shared_ptr<Lookup>, std::less<>> running_;
  ResolverChannel channel_;  // Last: its end completes what runs.
};

}  // namespace yatagarasu::io
