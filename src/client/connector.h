#pragma once

#include "client/address_order.h"
#include "client/course.h"
#include "client/options.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"

#include <memory>
#include <span>

namespace yatagarasu::client {

// Opens connections to one origin: DNS, TCP to one of its addresses after the other, TLS.
//
// Threading: its loop. Lifetime: everything it is given outlives it.
class Connector {
 public:
  Connector(io::Loop& loop, io::Resolver& resolver, const OriginOptions& options);

  // kOriginUnreachable, or kOriginTimeout when the deadline passes; of several addresses the
  // last failure is told. The avoided ones are tried last. `course` says how far it came.
  io::Task<core::Result<std::unique_ptr<io::Stream>>> connect(io::TimePoint deadline,
                                                              std::span<const io::Endpoint> avoided,
                                                              Course& course);

 private:
  io::Task<core::Result<std::unique_ptr<io::Stream>>> connect_to(io::Endpoint address,
                                                                 io::TimePoint deadline,
                                                                 Course& course);

  io::Loop& loop_;
  io::Resolver& resolver_;
  const OriginOptions& options_;
  AddressOrder order_;
};

}  // namespace yatagarasu::client
