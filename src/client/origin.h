#pragma once

#include "client/connection_pool.h"
#include "client/connector.h"
#include "client/course.h"
#include "client/options.h"
#include "client/response_stream.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/tcp_stream.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace yatagarasu::client {

// Which connection a request may go out on.
enum class Connection : std::uint8_t { kAny, kNew };

struct OutgoingRequest {
  std::string_view head;  // The whole HTTP/1.1 head, as it is sent. Without a body.
  ResponseBody body = ResponseBody::kExpected;
  io::TimePoint deadline = io::kNever;  // Of the whole exchange, the response's body included.
  Connection connection = Connection::kAny;
  // A new connection goes to one of these only where there is no other.
  std::span<const io::Endpoint> avoided = {};
};

// One origin server as one loop asks it, over connections that are kept for the next request.
//
// A request on a kept connection that turns out to be dead before the first byte of an answer is
// sent once more, on a new connection; only idempotent requests may be sent through here.
//
// Threading: its loop. Lifetime: `loop` and `resolver` outlive it, and it its responses.
class Origin {
 public:
  Origin(io::Loop& loop, io::Resolver& resolver, const OriginOptions& options);
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  // The response, once its head is complete. kOriginUnreachable: no connection, or it broke;
  // kOriginTimeout: one of the time-outs or the request's deadline; kOriginMalformed: the answer
  // is not HTTP; kOverloaded: all connections are in use; kShuttingDown: after close().
  io::Task<core::Result<std::unique_ptr<ResponseStream>>> send(const OutgoingRequest& request) {
    Course course;
    co_return co_await send(request, course);
  }
  // The same; `course` tells how far it came, whatever the result.
  io::Task<core::Result<std::unique_ptr<ResponseStream>>> send(const OutgoingRequest& request,
                                                               Course& course);

  // Idle connections close now, those in use after their response, and nothing more is sent.
  void close() { pool_.close(); }

  PoolCounters counters() const { return pool_.counters(); }

 private:
  io::Loop& loop_;
  OriginOptions options_;
  Connector connector_;
  ConnectionPool pool_;
};

}  // namespace yatagarasu::client
