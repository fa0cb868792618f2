#include "client/origin.h"

#include "client/course.h"
#include "client/options.h"
#include "client/pool_policy.h"
#include "client/response_stream.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"

#include <algorithm>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::client {
namespace {

using Progress = ResponseStream::Progress;

PoolLimits pool_limits(const OriginOptions& options) {
  return {.max_connections = options.max_connections,
          .max_idle = options.max_idle,
          .max_waiting = options.max_waiting,
          .idle_timeout = options.idle_timeout};
}

io::TimePoint earlier(io::Duration timeout, io::TimePoint deadline) {
  return std::min(io::deadline_after(timeout), deadline);
}

// Whether a kept connection has nothing to say: no bytes, no end, no failure. Costs a system call,
// and is the only look at a connection between two requests.
bool is_quiet(io::Stream& stream) {
  char byte = 0;
  const io::IoStatus status = stream.try_read(std::span(&byte, 1)).status;
  return status == io::IoStatus::kWantRead || status == io::IoStatus::kWantWrite;
}

}  // namespace

Origin::Origin(io::Loop& loop, io::Resolver& resolver, const OriginOptions& options)
    : loop_(loop),
      options_(options),
      connector_(loop, resolver, options_),
      pool_(loop, pool_limits(options)) {}

io::Task<core::Result<std::unique_ptr<ResponseStream>>> Origin::send(const OutgoingRequest& request,
                                                                     Course& course) {
  std::optional<ConnectionPool::Lease> connection = pool_.try_acquire();
  if (!connection) {
    const io::TimePoint deadline = earlier(options_.wait_timeout, request.deadline);
    core::Result<ConnectionPool::Lease> waited = co_await pool_.wait(deadline);
    if (!waited) co_return std::unexpected(std::move(waited.error()));
    connection = std::move(*waited);
  }
  const ResponseStream::Options options{
      .body = request.body, .stall = options_.stall_timeout, .deadline = request.deadline};

  // Whatever came without a request would be taken for the answer to this one.
  if (connection->stream() != nullptr &&
      (request.connection == Connection::kNew || !is_quiet(*connection->stream()))) {
    connection->drop_stream();
  }
  for (;;) {
    if (connection->stream() == nullptr) {
      const io::TimePoint deadline = earlier(options_.connect_timeout, request.deadline);
      core::Result<std::unique_ptr<io::Stream>> opened =
          co_await connector_.connect(deadline, request.avoided, course);
      if (!opened) co_return std::unexpected(std::move(opened.error()));
      connection->adopt(std::move(*opened), course.address.value_or(io::Endpoint()));
    }
    course = {.stage = Stage::kExchanging, .address = connection->address()};
    auto response = std::make_unique<ResponseStream>(loop_, std::move(*connection), options);
    const io::TimePoint deadline = earlier(options_.first_byte_timeout, request.deadline);
    std::string_view unsent = request.head;
    core::Result<Progress> progress = response->advance(unsent);
    while (progress && *progress != Progress::kComplete) {
      const io::Want want = *progress == Progress::kWantRead ? io::Want::kRead : io::Want::kWrite;
      const io::WaitStatus status = co_await response->stream().wait(want, deadline);
      if (status == io::WaitStatus::kTimedOut) {
        co_return core::failure(core::ErrorCode::kOriginTimeout,
                                "the origin did not answer in time");
      }
      progress = response->advance(unsent);
    }
    if (progress) co_return response;
    // The second connection is a new one, so there is no third.
    if (!response->is_stale_connection()) co_return std::unexpected(std::move(progress.error()));
    connection = response->take_connection();
    connection->drop_stream();
  }
}

}  // namespace yatagarasu::client
