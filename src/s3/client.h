#pragma once

#include "client/connection_pool.h"
#include "client/origin.h"
#include "core/result.h"
#include "core/secret.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "resilience/backoff.h"
#include "resilience/shared_circuit_breaker.h"
#include "s3/addressing.h"
#include "s3/attempt.h"
#include "s3/options.h"
#include "s3/request.h"
#include "s3/request_builder.h"
#include "s3/resilience.h"

#include <memory>
#include <optional>
#include <vector>

namespace yatagarasu::s3 {

// One bucket as one loop asks for it: signs, sends, tries again where that may help, and tells a
// failure by what can be done about it.
//
// An attempt that fails before the answer's body has begun is repeated, signed anew and on a new
// connection to another address, as far as the options, the retry budget and the request's
// deadline allow. While the circuit breaker is open nothing is asked.
//
// Lifetime: what the parts refer to outlives the client, and the client its answers.
// Threading: its loop.
class Client {
 public:
  struct Parts {
    io::Loop& loop;
    io::Resolver& resolver;
    const io::TlsClientContext* tls = nullptr;    // Null for plain endpoints.
    unsigned loops = 1;                           // Share the bucket's connections among them.
    std::shared_ptr<Resilience> resilience = {};  // Of the bucket; not null.
    AttemptObserver* observer = nullptr;          // May be null.
  };
  Client(Parts parts, const Options& options, const Address& address);

  // The answer, when its status is 200, 206 or 304; every other becomes an Error (error_xml.h),
  // unless the request passes errors on. kCircuitOpen when nothing was asked. `trace` is filled
  // in any case.
  io::Task<core::Result<ObjectAnswer>> ask(const ObjectRequest& request, Trace& trace);
  // The same in one attempt, of which the circuit breaker knows nothing: for probes, which are to
  // find out while it is open, and are not what clients ask for.
  io::Task<core::Result<ObjectAnswer>> ask_once(const ObjectRequest& request, Trace& trace);

  // Idle connections close.
  void close() { origin_.close(); }

  // From any thread.
  client::PoolCounters connections() const { return origin_.counters(); }

 private:
  using Permit = resilience::SharedCircuitBreaker::Permit;

  // The attempts at one request.
  struct Series {
    io::TimePoint began;
    unsigned attempts = 0;
    bool may_retry = false;  // After the last one.
    // Where those led that may be followed by another.
    std::vector<io::Endpoint> failed_at = {};
  };

  io::Task<core::Result<ObjectAnswer>> attempt(const ObjectRequest& request, Trace& trace,
                                               Series& series, std::optional<Permit> permit);
  // When to try again; empty for not at all.
  std::optional<io::TimePoint> plan_retry(const ObjectRequest& request, const Trace& trace,
                                          const Series& series);
  core::Error refusal(io::TimePoint now, Trace& trace) const;
  io::Task<core::Error> explain_failure(ObjectAnswer answer, Trace& trace);
  void report(const Attempt& attempt) const;

  io::Loop& loop_;
  std::vector<core::Secret> secrets_;
  RetryOptions retry_;
  std::shared_ptr<Resilience> resilience_;
  AttemptObserver* observer_;
  resilience::Backoff backoff_;
  RequestBuilder builder_;
  client::Origin origin_;
};

}  // namespace yatagarasu::s3
