#pragma once

#include "client/connection_pool.h"
#include "client/origin.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/tls_client.h"
#include "s3/addressing.h"
#include "s3/attempt.h"
#include "s3/options.h"
#include "s3/request.h"
#include "s3/request_builder.h"

namespace yatagarasu::s3 {

// One bucket as one loop asks for it: signs, sends, and tells a failure by what can be done
// about it.
//
// Lifetime: `loop`, `resolver` and `tls` outlive the client, and the client its answers.
// Threading: its loop.
class Client {
 public:
  // `loops` share the bucket's connections among them. `tls` is null for plain endpoints.
  // `observer` may be null, and outlives the client.
  Client(io::Loop& loop, io::Resolver& resolver, const Options& options, const Address& address,
         const io::TlsClientContext* tls, unsigned loops, AttemptObserver* observer = nullptr);

  // The answer, when its status is 200, 206 or 304; every other becomes an Error (error_xml.h),
  // unless the request passes errors on. `trace` is filled in any case.
  io::Task<core::Result<ObjectAnswer>> ask(const ObjectRequest& request, Trace& trace);

  // Idle connections close.
  void close() { origin_.close(); }

  // From any thread.
  client::PoolCounters connections() const { return origin_.counters(); }

 private:
  io::Task<core::Error> explain_failure(ObjectAnswer answer, Trace& trace);

  void report(const ObjectRequest& request, const Trace& trace, const core::Error* error) const;

  AttemptObserver* observer_;
  RequestBuilder builder_;
  client::Origin origin_;
};

}  // namespace yatagarasu::s3
